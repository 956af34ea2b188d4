/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proxmox's VM config: what Proxmox reads is read, what it drops is said. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "spec/vmconf.h"

static struct spec parse(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	struct spec spec = {.vmid = 100};
	struct err err;

	assert_int_equal(vmconf_parse(copy, strlen(copy), "100.conf", &spec, &err), 0);
	return spec;
}

static unsigned slots(const struct spec *spec)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		n += spec->slot[i].present;
	return n;
}

static void reads_lines_of_the_current_part(void **state)
{
	struct spec s = parse("#hostpci7: 01:00.7\r\n"
			      "machine: q35\r\n"
			      "\n"
			      "hostpci0: 01:00.0,pcie=1\r\n"
			      "hostpci15:   01:00.1   \n"
			      "ostype: win11\n"
			      "description: hostpci3: 01:00.3\n"
			      "[snapshot]\n"
			      "hostpci1: 02:00.0\n");

	(void)state;
	assert_int_equal(slots(&s), 2);
	assert_int_equal(s.notes.n, 0);
	assert_string_equal(s.slot[0].wish.host.item[0].text, "0000:01:00.0");
	assert_int_equal(s.slot[0].line, 4);
	assert_string_equal(s.slot[0].file, "100.conf");
	assert_string_equal(s.slot[15].wish.host.item[0].text, "0000:01:00.1");
	spec_free(&s);
}

static void a_last_line_needs_no_end(void **state)
{
	struct spec s = parse("hostpci0: 01:00.0");

	(void)state;
	assert_int_equal(slots(&s), 1);
	spec_free(&s);
}

static void a_later_line_wins(void **state)
{
	struct spec s = parse("hostpci0: 01:00.0\nhostpci0: 02:00.0\n");

	(void)state;
	assert_string_equal(s.slot[0].wish.host.item[0].text, "0000:02:00.0");
	assert_int_equal(s.slot[0].line, 2);
	assert_int_equal(s.notes.n, 1);
	assert_contains(s.notes.text[0], "100.conf:1: hostpci0 stands again in line 2");
	assert_int_equal(s.rejected.line, 1);
	spec_free(&s);
}

static void dropped_lines_are_named(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"hostpci0: 01:00.0,pice=1", "did you mean 'pcie'"},
		{"hostpci16: 01:00.0", "hostpci0 to hostpci15"},
		{"hostpci00: 01:00.0", "hostpci0 to hostpci15"},
		{"hostpci: 01:00.0", "hostpci0 to hostpci15"},
		{"hostpci0 01:00.0", "not of the form"},
		{" hostpci0: 01:00.0", "not of the form"},
		{"hostpci0:", "not of the form"},
		{"Hostpci0: 01:00.0", "'Hostpci0: 01:00.0' is not of the form"},
		{" HOSTPCI0: 01:00.0", "not of the form"},
		{"hostpci0: x", "is no PCI address"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[200];
		struct spec s;

		(void)snprintf(text, sizeof(text), "\n%s\nhostpci9: 01:00.0\n",
			       rows[i].line);
		s = parse(text);
		if (slots(&s) != 1 || s.notes.n != 1)
			fail_msg("'%s': %u slots, %zu notes", rows[i].line, slots(&s),
				 s.notes.n);
		assert_contains(s.notes.text[0], "100.conf:2: ");
		assert_contains(s.notes.text[0], rows[i].why);
		assert_contains(s.notes.text[0], "strict = true");
		assert_int_equal(s.rejected.line, 2);
		assert_int_equal(s.rejected.code, EINVAL);
		spec_free(&s);
	}
}

/* Proxmox drops the first line, whatever it says. */
static void a_byte_order_mark_is_named(void **state)
{
	static const struct {
		const char *text;
		unsigned slots, notes;
	} rows[] = {
		{"\xef\xbb\xbfhostpci0: 01:00.0\nhostpci1: 02:00.0\n", 1, 1},
		{"\xef\xbb\xbf"
		 "machine: q35\nhostpci1: 02:00.0\n",
		 1, 1},
		{"\xef\xbb\xbf# a comment\nhostpci1: 02:00.0\n", 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec s = parse(rows[i].text);

		assert_int_equal(slots(&s), rows[i].slots);
		assert_int_equal(s.notes.n, rows[i].notes);
		assert_int_equal(s.rejected.line, rows[i].notes);
		assert_true(!s.notes.n || strstr(s.notes.text[0], "byte order mark"));
		spec_free(&s);
	}
}

static void other_lines_are_somebody_elses(void **state)
{
	struct spec s = parse("\x01\x02 junk\nscsi0: a\n=\n:\n: x\n"
			      "hostname: hostpci0\nagent: 1\n");

	(void)state;
	assert_int_equal(slots(&s), 0);
	assert_int_equal(s.notes.n, 0);
	spec_free(&s);
}

static void a_file_with_nul_bytes_is_no_config(void **state)
{
	char text[] = "hostpci0: 01:00.0\n\0\n";
	struct spec s = {.vmid = 100};
	struct err err;

	(void)state;
	assert_int_equal(vmconf_parse(text, sizeof(text) - 1, "100.conf", &s, &err),
			 -EINVAL);
	assert_string_equal(err.file, "100.conf");
	spec_free(&s);
}

/* Proxmox takes both, and would give what is not looked at. */
static void what_is_beyond_our_limits_is_refused(void **state)
{
	static const struct {
		const char *head, *more;
		unsigned n;
		int code;
	} rows[] = {
		{"hostpci0: 01:00", ";02:00.0", LIMIT_ADDRESSES - 1, 0},
		{"hostpci0: 01:00", ";02:00.0", LIMIT_ADDRESSES, -E2BIG},
		{"hostpci0: 01:00,mdev=x", "x", 300, -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[1024] = "\n";
		struct spec s = {.vmid = 100};
		struct err err = {0};

		(void)strcat(text, rows[i].head);
		for (unsigned k = 0; k < rows[i].n; k++)
			(void)strcat(text, rows[i].more);
		assert_int_equal(vmconf_parse(text, strlen(text), "100.conf", &s, &err),
				 rows[i].code);
		assert_int_equal(err.line, rows[i].code ? 2 : 0);
		assert_int_equal(s.notes.n, 0);
		spec_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines_of_the_current_part),
		cmocka_unit_test(a_last_line_needs_no_end),
		cmocka_unit_test(a_later_line_wins),
		cmocka_unit_test(dropped_lines_are_named),
		cmocka_unit_test(a_byte_order_mark_is_named),
		cmocka_unit_test(other_lines_are_somebody_elses),
		cmocka_unit_test(a_file_with_nul_bytes_is_no_config),
		cmocka_unit_test(what_is_beyond_our_limits_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

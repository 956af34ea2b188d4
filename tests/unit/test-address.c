/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address lists and property strings of the VM config. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "spec/propstring.h"

static void addresses_get_their_domain(void **state)
{
	static const struct {
		const char *text, *first;
		unsigned n;
		bool whole;
	} rows[] = {
		{"01:00.0", "0000:01:00.0", 1, false},
		{"01:00", "0000:01:00", 1, true},
		{"0000:01:00.1", "0000:01:00.1", 1, false},
		{"10000:e1:00.0", "10000:e1:00.0", 1, false},
		{"01:00.0;01:00.1", "0000:01:00.0", 2, false},
		/* Well formed for Proxmox; that no such device exists is found later. */
		{"01:ff.f", "0000:01:ff.f", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address_list list;
		struct err err;

		assert_int_equal(address_list_parse(rows[i].text, &list, &err), 0);
		assert_int_equal(list.n, rows[i].n);
		assert_string_equal(list.item[0].text, rows[i].first);
		assert_int_equal(list.item[0].whole_slot, rows[i].whole);
	}
}

static void no_address(void **state)
{
	static const char *const bad[] = {
		"",	    ";",	"01:00.0;",    ";01:00.0", "1:00.0",
		"01:0.0",   "01:00.",	"01:00.00",    "01:00.g",  "0A:00.0",
		" 01:00.0", "01:00.0 ", "000:01:00.0", "0000:01",  "01",
		"host",	    "01:00:0",	"../x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct address_list list = {.n = 77};
		struct err err = {0};

		if (address_list_parse(bad[i], &list, &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(list.n, 77);
		assert_contains(err.msg, "is no PCI address");
	}
}

static void an_endless_domain_names_no_device(void **state)
{
	struct address_list list;
	struct bdf bdf;
	struct err err;
	char text[200];

	(void)state;
	memset(text, '0', sizeof(text));
	(void)strcpy(text + sizeof(text) - 12, ":01:00.0");
	/* Well formed for Proxmox; whatever is kept of it names no device. */
	assert_int_equal(address_list_parse(text, &list, &err), 0);
	assert_true(strlen(list.item[0].text) < sizeof(list.item[0].text));
	assert_true(bdf_parse(list.item[0].text, &bdf) < 0);
}

static void a_list_is_bounded(void **state)
{
	char text[(LIMIT_ADDRESSES + 1) * 8 + 1] = "";
	struct address_list list;
	struct err err;

	(void)state;
	for (int i = 0; i < LIMIT_ADDRESSES; i++)
		(void)strcat(text, i ? ";01:00.0" : "01:00.0");
	assert_int_equal(address_list_parse(text, &list, &err), 0);
	assert_int_equal(list.n, LIMIT_ADDRESSES);
	(void)strcat(text, ";01:00.0");
	assert_int_equal(address_list_parse(text, &list, &err), -E2BIG);
}

static void a_property_string_is_read_as_proxmox_does(void **state)
{
	struct wish w;
	struct err err;

	(void)state;
	assert_int_equal(propstring_parse("01:00.0,pcie=1,x-vga=on,rombar=0,,"
					  "romfile=x.bin,vendor-id=0x10de",
					  &w, &err),
			 0);
	assert_string_equal(w.host.item[0].text, "0000:01:00.0");
	assert_true(w.pcie && w.x_vga && !w.rombar);
	assert_true(wish_has(&w, KEY_ROMBAR));
	assert_false(wish_has(&w, KEY_LEGACY_IGD));
	assert_string_equal(w.romfile, "x.bin");
	assert_string_equal(w.vendor_id, "0x10de");
	assert_int_equal(propstring_parse("pcie=YES,host=01:00.0", &w, &err), 0);
	assert_true(w.pcie);
	assert_int_equal(propstring_parse("mapping=gpu-1,driver=keep", &w, &err), 0);
	assert_int_equal(w.driver, WISH_DRIVER_KEEP);
}

static void a_wrong_property_string_says_why(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"01:00.0,pcie", "'pcie' is no PCI address|'host' is given twice"},
		{"01:00.0,pcie=2", "'pcie=2' is neither 1 nor 0"},
		{"01:00.0,pcie=", "a key and a value are needed"},
		{"01:00.0,=1", "a key and a value are needed"},
		{"01:00.0,pice=1", "unknown option 'pice' (did you mean 'pcie'?)"},
		{"01:00.0,something-else=1", "unknown option 'something-else'"},
		{"01:00.0,host=02:00.0", "'host' is given twice"},
		{"01:00.0,pcie=1,pcie=1", "'pcie' is given twice"},
		{"01:00.0,vendor-id=10de", "wrong form"},
		{"01:00.0,vendor-id=0x10d", "wrong form"},
		{"01:00.0,driver=igb", "not one of: vfio, keep"},
		{"mapping=x", "wrong form"},
		{"mapping=1x", "wrong form"},
		{"01:00.0,mdev=../x", "wrong form"},
		{"01:00.0,return=host", "unknown option 'return'"}, /* the policy's */
		{"01:00.0,strict=1", "unknown option 'strict'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = {0};
		struct wish w;
		const char *bar = strchr(rows[i].why, '|');

		if (propstring_parse(rows[i].text, &w, &err) >= 0)
			fail_msg("'%s' was taken", rows[i].text);
		if (!bar)
			assert_contains(err.msg, rows[i].why);
		else if (!strstr(err.msg, bar + 1))
			assert_contains(err.msg, "'pcie' is no PCI address");
	}
}

static void a_text_is_bounded(void **state)
{
	const size_t most = (size_t)key_table[KEY_ROMFILE].max - 1;
	char text[8192] = "01:00.0,romfile=";
	struct wish w;
	struct err err;

	(void)state;
	assert_true(most < sizeof(text) - 100);
	memset(text + strlen(text), 'x', most);
	assert_int_equal(propstring_parse(text, &w, &err), 0);
	text[strlen(text)] = 'x';
	assert_int_equal(propstring_parse(text, &w, &err), -ERANGE);
	assert_contains(err.msg, "is longer than");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_get_their_domain),
		cmocka_unit_test(no_address),
		cmocka_unit_test(an_endless_domain_names_no_device),
		cmocka_unit_test(a_list_is_bounded),
		cmocka_unit_test(a_property_string_is_read_as_proxmox_does),
		cmocka_unit_test(a_wrong_property_string_says_why),
		cmocka_unit_test(a_text_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of devices by their ids, and the values that policy and quirks share. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "spec/bar-size.h"
#include "spec/quirks.h"

#define ENTRY(more)                                                                 \
	"quirks = ( { ids = [ \"8086:1502\" ]; name = \"n\"; source = \"s\"; " more \
	" } );"

static int parse(const char *text, struct quirks *quirks, struct err *err)
{
	*quirks = (struct quirks){0};
	*err = (struct err){0};
	return quirks_parse(text, strlen(text), "q.conf", quirks, err);
}

static void each_key_is_taken(void **state)
{
	struct quirks quirks;
	const struct quirk *q;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("quirks = (\n{ ids = [ \"10DE:234*\", \"1002:*\" ]; class = "
		      "\"0300\";"
		      "name = \"card\"; source = \"here\"; no-reset = true;"
		      "avoid = [ \"pm\", \"bus\" ]; method = [ \"device_specific\" ];"
		      "module = \"vendor_reset\"; delay-ms = 250; d3cold = false; } );",
		      &quirks, &err),
		0);
	assert_int_equal(quirks.n, 2);
	q = quirks_find(&quirks, 0x10de, 0x2347, 0x030000);
	assert_non_null(q);
	assert_string_equal(q->name, "card");
	assert_string_equal(q->source, "here");
	assert_string_equal(q->module, "vendor_reset");
	assert_true(q->no_reset && q->avoid.n == 2 && q->method.n == 1);
	assert_true(reset_chain_has(&q->avoid, RESET_BUS));
	assert_int_equal(q->delay_ms, 250);
	assert_int_equal(q->d3cold, 0);
	assert_null(quirks_find(&quirks, 0x10de, 0x2357, 0x030000));
	assert_null(quirks_find(&quirks, 0x10de, 0x2347, 0x040300));
	assert_non_null(quirks_find(&quirks, 0x1002, 0xffff, 0x030001));
	assert_null(quirks_find(&quirks, 0x1003, 0, 0x030000));
	quirks_free(&quirks);
}

static void a_file_of_comments_is_none(void **state)
{
	struct quirks quirks;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("# quirks = ( { ids = [ \"1002:*\" ]; } );\n", &quirks, &err), 0);
	assert_int_equal(quirks.n, 0);
	quirks_free(&quirks);
}

static void wrong_entries_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *why;
	} rows[] = {
		{"quirks = ( );\nother = 1;", 1, "may hold nothing but quirks"},
		{"quirks = { };", 1, "may hold nothing but quirks"},
		{"quirks = (\n 1 );", 2, "a quirk is a group"},
		{"quirks = ( {\nids = [ \"1:2\" ]; name = \"n\"; source = \"s\"; } );", 2,
		 "'1:2' is no id"},
		{"quirks = ( { ids = [ \"8086:15020\" ]; name = \"n\"; source = \"s\"; } "
		 ");",
		 1, "is no id"},
		{"quirks = ( { ids = [ \"80*:1502\" ]; name = \"n\"; source = \"s\"; } "
		 ");",
		 1, "is no id"},
		{"quirks = ( { ids = [ \"8086:1*2\" ]; name = \"n\"; source = \"s\"; } "
		 ");",
		 1, "is no id"},
		{"quirks = ( { ids = [ 1 ]; name = \"n\"; source = \"s\"; } );", 1,
		 "is no id"},
		{"quirks = ( { name = \"n\"; source = \"s\"; } );", 1, "needs ids"},
		{"quirks = ( { ids = [ \"8086:1502\" ]; name = \"n\"; } );", 1,
		 "needs name and source"},
		{ENTRY("no-reset = 1;"), 1, "'no-reset' takes true or false"},
		{ENTRY("d3cold = \"off\";"), 1, "'d3cold' takes true or false"},
		{ENTRY("avoid = \"flr\";"), 1, "'avoid' takes reset methods"},
		{ENTRY("avoid = [ \"slow\" ];"), 1, "'avoid' takes reset methods"},
		{ENTRY("avoid = [ \"flr\", \"flr\" ];"), 1, "'avoid' takes"},
		{ENTRY("method = [ ];"), 1, "'method' takes reset methods"},
		{ENTRY("delay-ms = 10001;"), 1, "'delay-ms' takes a number"},
		{ENTRY("delay-ms = 0;"), 1, "'delay-ms' takes a number"},
		{ENTRY("module = \"../x\";"), 1, "'module' takes the name"},
		{ENTRY("class = \"03\";"), 1, "'class' takes four"},
		{ENTRY("colour = \"red\";"), 1, "unknown key 'colour'"},
		{"@include \"x\"", 1, "@include is not allowed"},
		{"quirks = (", 1, "syntax error"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct quirks quirks;
		struct err err;

		if (parse(rows[i].text, &quirks, &err) != -EINVAL)
			fail_msg("'%s' is taken", rows[i].text);
		assert_contains(err.msg, rows[i].why);
		assert_string_equal(err.file, "q.conf");
		assert_int_equal(err.line, rows[i].line);
		quirks_free(&quirks);
	}
}

static void this_nodes_entry_wins(void **state)
{
	struct scratch *s = *state;
	struct quirks quirks = {0};
	struct err err;

	assert_int_equal(quirks_load(&s->root, &quirks, &err), 0);
	assert_int_equal(quirks.n, 0);
	scratch_put(s, "/usr/share/hostpci/quirks.conf", ENTRY("no-reset = true;"));
	scratch_put(s, "/etc/hostpci/quirks.conf", ENTRY(""));
	assert_int_equal(quirks_load(&s->root, &quirks, &err), 0);
	assert_int_equal(quirks.n, 2);
	assert_false(quirks_find(&quirks, 0x8086, 0x1502, 0)->no_reset);
	quirks_free(&quirks);
}

/* The list that is installed, from the checkout. */
static void the_installed_list_is_sound(void **state)
{
	struct quirks quirks = {0};
	_cleanup_free_ char *text = NULL;
	struct err err;
	size_t size;
	FILE *f = fopen(QUIRKS_CONF, "re");

	(void)state;
	assert_non_null(f);
	assert_int_equal(file_read_fd(fileno(f), LIMIT_CONFIG, &text, &size), 0);
	(void)fclose(f);
	if (quirks_parse(text, size, "quirks.conf", &quirks, &err) < 0)
		fail_msg("%u: %s", err.line, err.msg);
	assert_true(quirks.n > 60);
	/* A card that vendor-reset knows, not the rule for all AMD cards behind it. */
	assert_string_equal(quirks_find(&quirks, 0x1002, 0x67df, 0x030000)->module,
			    "vendor_reset");
	assert_true(quirks_find(&quirks, 0x1002, 0x744c, 0x030000)->avoid.n == 1);
	assert_null(quirks_find(&quirks, 0x1002, 0xaaf0, 0x040300));
	assert_true(reset_chain_has(
		&quirks_find(&quirks, 0x1022, 0x149c, 0x0c0330)->avoid, RESET_FLR));
	quirks_free(&quirks);
}

static void resets_by_policy(void **state)
{
	static const struct {
		const char *text;
		bool wanted;
		const char *chain; /* NULL: refused */
		const char *why;
	} rows[] = {
		{"none", false, "", NULL},
		{"default", true, "", NULL},
		{"flr", true, "flr", NULL},
		{"bus;flr", true, "bus flr", NULL},
		{"device_specific;acpi;flr;af_flr;pm;bus;cxl_bus", true,
		 "device_specific acpi flr af_flr pm bus cxl_bus", NULL},
		{"flr;default", false, NULL, "'default' stands alone"},
		{"flr;flr", false, NULL, "'flr' is there twice"},
		{"slow", false, NULL, "'slow' is not one of: none, default"},
		{"", false, NULL, "names no method"},
		{"FLR", false, NULL, "is not one of"},
	};
	struct reset_wish wish;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[RESET_CHAIN_TEXT];
		int r = reset_wish_parse(rows[i].text, &wish, &err);

		assert_int_equal(r, rows[i].chain ? 0 : -EINVAL);
		if (!rows[i].chain) {
			assert_contains(err.msg, rows[i].why);
			continue;
		}
		assert_int_equal(wish.wanted, rows[i].wanted);
		assert_string_equal(reset_chain_text(&wish.chain, text), rows[i].chain);
	}
}

static void sizes_of_bars(void **state)
{
	static const char *const wrong[] = {
		"",	"0",	 "0:",	"6:1G",	     "0:3G", "0:16T", "0:1024",
		"0:1K", "0:1G;", "0:G", "0:1G;0:2G", "0:0M", "0: 1G"};
	struct bar_sizes sizes;
	struct err err;

	(void)state;
	assert_int_equal(bar_sizes_parse("0:16G;2:256M;5:8T;1:2048M", &sizes, &err), 0);
	assert_int_equal(sizes.n, 4);
	assert_int_equal(sizes.item[0].bit, 14);
	assert_int_equal(sizes.item[1].bit, 8);
	assert_int_equal(sizes.item[2].bit, BAR_BIT_MAX);
	assert_int_equal(sizes.item[3].bit, 11);
	assert_string_equal(BAR_SIZE(0), "1M");
	assert_string_equal(BAR_SIZE(14), "16G");
	assert_string_equal(BAR_SIZE(BAR_BIT_MAX), "8T");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (bar_sizes_parse(wrong[i], &sizes, &err) != -EINVAL)
			fail_msg("'%s' is taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_is_taken),
		cmocka_unit_test(a_file_of_comments_is_none),
		cmocka_unit_test(wrong_entries_are_refused_with_their_line),
		scratch_test(this_nodes_entry_wins),
		cmocka_unit_test(the_installed_list_is_sound),
		cmocka_unit_test(resets_by_policy),
		cmocka_unit_test(sizes_of_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

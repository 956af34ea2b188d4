/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy: types, ranges, and what libconfig would take without a word. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "spec/policy.h"

static int parse(const char *text, struct spec *spec, struct err *err)
{
	*spec = (struct spec){.vmid = 100};
	*err = (struct err){0};
	return policy_parse(text, strlen(text), "p.conf", spec, err);
}

static void settings_are_taken(void **state)
{
	struct spec s;
	struct err err;

	(void)state;
	assert_int_equal(parse("return = \"vfio\"; deadline = 600; strict = true;\n"
			       "hostpci2 = { host = \"01:00.0;01:00.1\"; pcie = true;\n"
			       "  romfile = \"x.rom\"; reset = \"default\"; };\n",
			       &s, &err),
			 0);
	assert_int_equal(s.vm.return_to, WISH_RETURN_VFIO);
	assert_int_equal(spec_deadline_ms(&s, 2), 600000);
	assert_true(s.vm.strict);
	assert_true(s.slot[2].present && s.slot[2].wish.pcie);
	assert_int_equal(s.slot[2].wish.host.n, 2);
	assert_int_equal(s.slot[2].line, 2);
	assert_true(spec_reset(&s, 2)->wanted && !spec_reset(&s, 2)->chain.n);
	assert_null(spec_reset(&s, 3));
	spec_free(&s);
}

static void settings_of_resets_are_taken(void **state)
{
	struct spec s;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("reset = [ \"flr\", \"bus\" ]; power = \"on\";\n"
		      "rescan = true; hostpci0 = { host = \"01:00.0\";\n"
		      "bar-sizes = [ \"0:16G\", \"2:256M\" ]; d3cold = false; };\n"
		      "hostpci1 = { host = \"02:00.0\"; reset = \"none\"; };",
		      &s, &err),
		0);
	assert_int_equal(spec_reset(&s, 0)->chain.n, 2);
	assert_int_equal(spec_reset(&s, 0)->chain.method[1], RESET_BUS);
	assert_false(spec_reset(&s, 1)->wanted);
	assert_true(spec_rescan(&s, 1));
	assert_string_equal(spec_power(&s, 1), "on");
	assert_string_equal(spec_d3cold(&s, 0), "0");
	assert_null(spec_d3cold(&s, 1));
	assert_int_equal(spec_bar_sizes(&s, 0)->n, 2);
	assert_null(spec_bar_sizes(&s, 1));
	spec_free(&s);
}

static void a_command_is_a_list_of_texts(void **state)
{
	const struct text_list *list;
	struct spec s;
	struct err err;
	bool shared;

	(void)state;
	assert_int_equal(
		parse("free = [ \"/bin/a b\", \"\", \"c\" ];\n"
		      "hostpci1 = { host = \"01:00.0\"; free = \"/bin/own\"; };\n"
		      "hostpci2 = { host = \"02:00.0\"; free = [ ]; };\n",
		      &s, &err),
		0);
	list = spec_free_command(&s, 0, &shared);
	assert_non_null(list);
	assert_true(shared);
	assert_int_equal(list->n, 3);
	assert_memory_equal(list->text, "/bin/a b\0\0c", sizeof("/bin/a b\0\0c"));
	list = spec_free_command(&s, 1, &shared);
	assert_non_null(list);
	assert_false(shared);
	assert_int_equal(list->n, 1);
	assert_string_equal(list->text, "/bin/own");
	assert_null(spec_free_command(&s, 2, &shared));
	spec_free(&s);
}

static void too_long_a_command_is_refused(void **state)
{
	char text[2048] = "free = [ \"/x\"";
	struct spec s;
	struct err err;

	(void)state;
	for (int i = 0; i < LIMIT_WORDS; i++)
		(void)strcat(text, ", \"a\"");
	(void)strcat(text, " ];");
	assert_int_equal(parse(text, &s, &err), -E2BIG);
	assert_contains(err.msg, "more than 32 texts");
	spec_free(&s);
	memset(text, 'a', sizeof(text));
	memcpy(text, "free = \"/", strlen("free = \"/"));
	(void)strcpy(text + 1100, "\";");
	assert_int_equal(parse(text, &s, &err), -E2BIG);
	assert_contains(err.msg, "longer than 1024");
	spec_free(&s);
}

static void wrong_values_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text;
		int result;
		unsigned line;
		const char *why;
	} rows[] = {
		{"return = \"home\";", -EINVAL, 1, "not one of: host, vfio, none"},
		{"\nreturn = 1;", -EINVAL, 2, "'return' takes one of its words"},
		{"strict = 1;", -EINVAL, 1, "'strict' takes true or false"},
		{"strict = \"true\";", -EINVAL, 1, "'strict' takes true or false"},
		{"deadline = \"5\";", -EINVAL, 1, "'deadline' takes a number"},
		{"deadline = true;", -EINVAL, 1, "'deadline' takes a number"},
		{"deadline = 5.0;", -EINVAL, 1, "'deadline'"},
		{"deadline = 5L;", -EINVAL, 1, "'deadline'"},
		{"deadline = 0;", -ERANGE, 1, "not within 1 and 600"},
		{"deadline = -1;", -ERANGE, 1, "not within"},
		{"deadline = [ 5 ];", -EINVAL, 1, "'deadline'"},
		{"deadline = 601;", -ERANGE, 1, "not within"},
		{"free = [ \"systemctl\" ];", -EINVAL, 1, "the full path of a program"},
		{"free = [ \"/\" ];", -EINVAL, 1, "the full path of a program"},
		{"free = [ 5 ];", -EINVAL, 1, "'free' takes a list of texts"},
		{"free = true;", -EINVAL, 1, "'free' takes a list of texts"},
		{"free = { };", -EINVAL, 1, "'free' takes a list of texts"},
		{"hostpci0 = \"x\";", -EINVAL, 1, "must be a group"},
		{"hostpci0 = { host = \"x\"; };", -EINVAL, 1, "is no PCI address"},
		{"hostpci0 = {\n pcie = 1; };", -EINVAL, 2, "'pcie' takes true or false"},
		{"return = ", -EINVAL, 1, "syntax error"},
		{"strict = true;\nreturn = \"host;\n\n", -EINVAL, 2, "does not end"},
		{"gate = { };", -EINVAL, 1, "one of its words, in quotes: strict, warn"},
		{"return = \"host\"; return = \"vfio\";", -EINVAL, 1, "duplicate"},
		{"{", -EINVAL, 1, "syntax error"},
		{"reset = \"slow\";", -EINVAL, 1, "'reset': 'slow' is not one of"},
		{"reset = [ \"flr\", \"none\" ];", -EINVAL, 1, "'none' stands alone"},
		{"reset = [ 1 ];", -EINVAL, 1, "'reset' takes none, default, or methods"},
		{"reset = [ ];", -EINVAL, 1, "names no method"},
		{"reset = true;", -EINVAL, 1, "'reset' takes"},
		{"power = \"off\";", -EINVAL, 1,
		 "'power' is 'off', not one of: on, auto"},
		{"d3cold = 0;", -EINVAL, 1, "'d3cold' takes true or false"},
		{"rescan = \"yes\";", -EINVAL, 1, "'rescan' takes true or false"},
		{"hostpci0 = { bar-sizes = [ \"0:3G\" ]; };", -EINVAL, 1,
		 "'bar-sizes': '0:3G' is no BAR with its size"},
		{"hostpci0 = { bar-sizes = 16; };", -EINVAL, 1, "'bar-sizes' takes BARs"},
		{"return = [ \"host\" ];", -EINVAL, 1, "'return' takes one of its words"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec s;
		struct err err;
		int r = parse(rows[i].text, &s, &err);

		if (r != rows[i].result)
			fail_msg("'%s': %d, %s", rows[i].text, r, err.msg);
		assert_contains(err.msg, rows[i].why);
		assert_string_equal(err.file, "p.conf");
		assert_int_equal(err.line, rows[i].line);
		spec_free(&s);
	}
}

static void what_libconfig_takes_silently_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *why;
	} rows[] = {
		{"@include \"/etc/shadow\"\n", 1, "@include"},
		{"/* a\n*/ // b\n# c\n  @include \"x\"\n", 4, "@include"},
		{"a = \"x\\\"\n\"; @include \"y\"\n", 2, "@include"},
		{"deadline = 4294967301;", 1, "too large"}, /* 5, wrapped */
		{"deadline = 2147483648;", 1, "too large"},
		{"\ndeadline = 0x100000005;", 2, "too large"},
		{"deadline = -4294967291;", 1, "too large"},
		{"deadline = 99999999999999999999999999;", 1, "too large"},
		{"unknown = ( 1, 4294967301 );", 1, "too large"},
		{"a4 = 4294967301;", 1, "too large"},
		{"deadline=4294967301;", 1, "too large"},
		{"deadline = 4294967301L;", 1, "too large"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec s;
		struct err err;

		if (parse(rows[i].text, &s, &err) >= 0)
			fail_msg("'%s' was taken", rows[i].text);
		assert_contains(err.msg, rows[i].why);
		assert_int_equal(err.line, rows[i].line);
		spec_free(&s);
	}
}

static void the_same_in_comments_and_texts_is_harmless(void **state)
{
	static const char *const good[] = {
		"# @include \"x\"\n",
		"// 4294967301 @include\n",
		"/* @include\n 4294967301 */",
		"unknown = \"@include 4294967301\";",
		"unknown = \"\\\" @include \";",
		"deadline = 2; # 4294967301\n",
		"key4294967301 = 1;",
		"unknown = 1e300;",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct spec s;
		struct err err;

		if (parse(good[i], &s, &err) < 0)
			fail_msg("'%s': %s", good[i], err.msg);
		spec_free(&s);
	}
}

static void nul_bytes_are_refused(void **state)
{
	struct spec s = {.vmid = 100};
	struct err err;

	(void)state;
	assert_int_equal(policy_parse("deadline = 2;\0x", 15, "p.conf", &s, &err),
			 -EINVAL);
	spec_free(&s);
}

static void unknown_keys_are_notes(void **state)
{
	struct spec s;
	struct err err;

	(void)state;
	assert_int_equal(parse("\nretrun = \"host\";\nhostpci0 = { host = \"01:00.0\";\n"
			       " pice = true; strict = true; };\nhostpci16 = { };\n"
			       "hostpci1 = { pcie = true; };",
			       &s, &err),
			 0);
	assert_int_equal(s.notes.n, 4);
	assert_string_equal(s.notes.text[0],
			    "p.conf:2: unknown key 'retrun' is ignored (did "
			    "you mean 'return'?)");
	assert_contains(s.notes.text[1], "p.conf:4: unknown key 'pice'");
	assert_contains(s.notes.text[2], "p.conf:4: unknown key 'strict'");
	assert_contains(s.notes.text[3], "p.conf:5: unknown key 'hostpci16'");
	assert_false(s.slot[1].present); /* slot-check.c */
	spec_free(&s);
}

static void a_group_adds_to_the_line_of_the_config(void **state)
{
	struct spec s = {.vmid = 100};
	struct err err;
	static const char text[] =
		"return = \"vfio\";\nhostpci0 = { return = \"none\"; };";

	(void)state;
	s.slot[0] = (struct slot){.present = true, .line = 9, .file = "100.conf"};
	s.slot[1] = s.slot[0];
	assert_int_equal(policy_parse(text, strlen(text), "p.conf", &s, &err), 0);
	assert_int_equal(spec_return(&s, 0, WISH_RETURN_HOST), WISH_RETURN_NONE);
	assert_int_equal(spec_return(&s, 1, WISH_RETURN_HOST), WISH_RETURN_VFIO);
	assert_string_equal(s.slot[0].file, "100.conf");
	assert_int_equal(s.slot[0].line, 9);
	spec_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_taken),
		cmocka_unit_test(a_command_is_a_list_of_texts),
		cmocka_unit_test(too_long_a_command_is_refused),
		cmocka_unit_test(settings_of_resets_are_taken),
		cmocka_unit_test(wrong_values_are_refused_with_their_line),
		cmocka_unit_test(what_libconfig_takes_silently_is_refused),
		cmocka_unit_test(the_same_in_comments_and_texts_is_harmless),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(unknown_keys_are_notes),
		cmocka_unit_test(a_group_adds_to_the_line_of_the_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors in words, and notes. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/notes.h"
#include "base/utf8.h"

static void err_reads_from_general_to_cause(void **state)
{
	char text[sizeof(struct err)];
	struct err err = {0};

	(void)state;
	assert_int_equal(err_set(&err, ENOENT, "no %s", "file"), -ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(err_wrap(&err, "opening %d", 3), -ENOENT);
	assert_int_equal(err_wrap(&err, "starting"), -ENOENT);
	assert_string_equal(err_text(&err, text, sizeof(text)),
			    "starting: opening 3: no file");
}

static void err_says_where(void **state)
{
	char text[sizeof(struct err)];
	struct err err;

	(void)state;
	assert_int_equal(err_at(&err, EINVAL, "/etc/x", 7, "bad"), -EINVAL);
	assert_string_equal(err_text(&err, text, sizeof(text)), "/etc/x:7: bad");
	assert_int_equal(err_at(&err, EINVAL, "/etc/x", 0, "bad"), -EINVAL);
	assert_string_equal(err_text(&err, text, sizeof(text)), "/etc/x: bad");
	/* A later error in no file does not keep the file of the one before. */
	assert_int_equal(err_set(&err, EIO, "worse"), -EIO);
	assert_string_equal(err_text(&err, text, sizeof(text)), "worse");
}

static void err_may_be_nobodys(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, EIO, "x"), -EIO);
	assert_int_equal(err_at(NULL, EIO, "x", 1, "x"), -EIO);
	assert_true(err_wrap(NULL, "x") < 0);
}

static void err_cuts_what_is_too_long(void **state)
{
	char text[sizeof(struct err)], big[4000];
	struct err err;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(err_at(&err, EIO, big, 1, "%s", big), -EIO);
	assert_int_equal(err_wrap(&err, "%s", big), -EIO);
	assert_true(strlen(err.msg) < sizeof(err.msg));
	assert_true(strlen(err.file) < sizeof(err.file));
	assert_true(strlen(err_text(&err, text, sizeof(text))) < sizeof(text));
	assert_string_equal(err_text(&err, text, 4), "xxx");
}

static void notes_keep_their_order(void **state)
{
	struct notes notes = {0};
	struct err err;

	(void)state;
	notes_add(&notes, "one %d", 1);
	(void)err_at(&err, EINVAL, "/f", 2, "two");
	notes_add_err(&notes, &err);
	assert_int_equal(notes.n, 2);
	assert_string_equal(notes.text[0], "one 1");
	assert_string_equal(notes.text[1], "/f:2: two");
	notes_free(&notes);
	assert_int_equal(notes.n, 0);
	notes_free(&notes);
}

static void what_is_quoted_writes_no_line_of_ours(void **state)
{
	struct notes notes = {0};
	struct err err;

	(void)state;
	(void)err_set(&err, EINVAL, "return = '%s'", "\033[31mx\n");
	assert_string_equal(err.msg, "return = '?[31mx?'");
	notes_add(&notes, "%s", "a\033b");
	assert_string_equal(notes.text[0], "a?b");
	notes_free(&notes);
}

static void bytes_that_are_no_utf8_are_escaped(void **state)
{
	static const char *const texts[][2] = {
		{"", ""},
		{"a", "a"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		 "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\xff", "\\u00ff"},
		{"a\xc3", "a\\u00c3"},
		{"\xc3x", "\\u00c3x"},
		{"\xc0\xaf", "\\u00c0\\u00af"},
		{"\xed\xa0\x80", "\\u00ed\\u00a0\\u0080"},
		{"\xf4\x90\x80\x80", "\\u00f4\\u0090\\u0080\\u0080"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *fixed = utf8_escaped(texts[i][0]);

		assert_string_equal(fixed, texts[i][1]);
		free(fixed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_reads_from_general_to_cause),
		cmocka_unit_test(err_says_where),
		cmocka_unit_test(err_may_be_nobodys),
		cmocka_unit_test(err_cuts_what_is_too_long),
		cmocka_unit_test(notes_keep_their_order),
		cmocka_unit_test(what_is_quoted_writes_no_line_of_ours),
		cmocka_unit_test(bytes_that_are_no_utf8_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

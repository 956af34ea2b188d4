/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/policy-lint.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/fileio.h"

struct lexer {
	const char *at;
	const char *file;
	unsigned line;
};

static void skip_line(struct lexer *l)
{
	l->at += strcspn(l->at, "\n");
}

static void skip_comment(struct lexer *l)
{
	for (l->at += 2; *l->at && strncmp(l->at, "*/", 2) != 0; l->at++)
		l->line += *l->at == '\n';
	l->at += *l->at ? 2 : 0;
}

static int check_text(struct lexer *l, struct err *err)
{
	unsigned first = l->line;

	for (l->at++; *l->at && *l->at != '"'; l->at++) {
		if (*l->at == '\\' && l->at[1])
			l->at++;
		l->line += *l->at == '\n';
	}
	if (!*l->at)
		return err_at(err, EINVAL, l->file, first,
			      "a text that begins here does not end: add the \" that is "
			      "missing");
	l->at++;
	return 0;
}

/* A word that starts with a digit: an integer must fit into 32 bits, signed. */
static int check_number(struct lexer *l, struct err *err)
{
	const char *start = l->at;
	int n = (int)strspn(l->at, "0123456789abcdefABCDEFxXL.+-");
	bool hex = start[0] == '0' && (start[1] == 'x' || start[1] == 'X');
	uint64_t value = 0, base = hex ? 16 : 10;

	l->at += n;
	if (!hex && (int)strcspn(start, ".eE") < n)
		return 0; /* a float: no key takes one, the type check says so */
	for (const char *s = start + (hex ? 2 : 0);
	     s < start + n && isxdigit((unsigned char)*s); s++) {
		int c = tolower((unsigned char)*s);

		value = value * base + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		if (value > INT32_MAX)
			return err_at(err, ERANGE, l->file, l->line,
				      "number %.*s is too large (at most %d)", n, start,
				      INT32_MAX);
	}
	return 0;
}

static int check_token(struct lexer *l, struct err *err)
{
	size_t word;

	if (l->at[0] == '#' || !strncmp(l->at, "//", 2)) {
		skip_line(l);
	} else if (!strncmp(l->at, "/*", 2)) {
		skip_comment(l);
	} else if (l->at[0] == '"') {
		return check_text(l, err);
	} else if (l->at[0] == '@') {
		return err_at(
			err, EINVAL, l->file, l->line,
			"@include is not allowed: write the settings into this file");
	} else if (isdigit((unsigned char)l->at[0])) {
		return check_number(l, err);
	} else {
		word = strspn(l->at,
			      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_*-");
		l->line += l->at[0] == '\n';
		/* A sign is no part of a word that a number follows. */
		l->at += word && isalpha((unsigned char)l->at[0]) ? word : 1;
	}
	return 0;
}

int policy_lint(const char *text, size_t size, const char *file, struct err *err)
{
	struct lexer lexer = {.at = text, .file = file, .line = 1};

	if (file_check_text(text, size, file, err) < 0)
		return -EINVAL;
	while (*lexer.at) {
		int r = check_token(&lexer, err);

		if (r < 0)
			return r;
	}
	return 0;
}

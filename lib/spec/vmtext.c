/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmtext.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

int vmtext_add(struct vmtext *text, const void *data, size_t size)
{
	char *grown = realloc(text->data, text->size + size + 1);

	if (!grown)
		return -ENOMEM;
	if (size)
		memcpy(grown + text->size, data, size);
	text->data = grown;
	text->size += size;
	grown[text->size] = '\0';
	return 0;
}

void vmtext_free(struct vmtext *text)
{
	free(text->data);
	*text = (struct vmtext){0};
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Replaces %XX in place; returns the new size. */
static size_t unescape(unsigned char *s, size_t size)
{
	size_t to = 0;

	for (size_t i = 0; i < size; i++, to++) {
		int high = s[i] == '%' && i + 2 < size ? hex_digit(s[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s[i + 2]) : -1;

		s[to] = low < 0 ? s[i] : (unsigned char)(high * 16 + low);
		i += low < 0 ? 0 : 2;
	}
	return to;
}

/* Bytes of the character at @s; *@ret_whole false: it is no character, but what is left
 * of one. Surrogates pass, as they do in Perl's lax UTF-8. */
static size_t character(const unsigned char *s, size_t size, bool *ret_whole)
{
	size_t want = s[0] < 0x80   ? 1
		      : s[0] < 0xc2 ? 0
		      : s[0] < 0xe0 ? 2
		      : s[0] < 0xf0 ? 3
				    : 4;
	size_t n = 1;

	*ret_whole = false;
	if (!want || s[0] > 0xf4)
		return 1;
	if (size > 1 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
			 (s[0] == 0xf4 && s[1] > 0x8f)))
		return 1;
	while (n < want && n < size && (s[n] & 0xc0) == 0x80)
		n++;
	*ret_whole = n == want;
	return n;
}

int vmtext_add_decoded(struct vmtext *text, const char *line, size_t size)
{
	_cleanup_free_ unsigned char *copy = malloc(size + 1);
	size_t n;
	bool whole;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, line, size);
	size = unescape(copy, size);
	for (size_t i = 0; i < size && r == 0; i += n) {
		n = character(copy + i, size - i, &whole);
		r = whole ? vmtext_add(text, copy + i, n)
			  : vmtext_add(text, "\xef\xbf\xbd", 3);
	}
	return r;
}

int vmtext_add_encoded(struct vmtext *text, const char *line, size_t size)
{
	char escaped[4];
	int r = 0;

	for (size_t i = 0; i < size && r == 0; i++) {
		if (line[i] >= ' ' && line[i] <= '~' && line[i] != ':') {
			r = vmtext_add(text, line + i, 1);
			continue;
		}
		(void)snprintf(escaped, sizeof(escaped), "%%%02X",
			       (unsigned)(unsigned char)line[i]);
		r = vmtext_add(text, escaped, 3);
	}
	return r;
}

/* Size of the blank that ends @s, 0: there is none. */
static size_t blank_at_end(const char *s, size_t size)
{
	/* NEL, no-break space, and the other spaces of Unicode's White_Space. */
	static const char *const wide[] = {
		"\xc2\x85",	"\xc2\xa0",	"\xe1\x9a\x80", "\xe2\x80\x80",
		"\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
		"\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
		"\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};

	if (size && s[size - 1] && strchr(" \t\n\v\f\r", s[size - 1]))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		size_t n = strlen(wide[i]);

		if (size >= n && !memcmp(s + size - n, wide[i], n))
			return n;
	}
	return 0;
}

void vmtext_trim(struct vmtext *text)
{
	size_t n;

	while ((n = blank_at_end(text->data, text->size)))
		text->size -= n;
	if (text->data)
		text->data[text->size] = '\0';
}

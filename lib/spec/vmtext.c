/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmtext.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
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
 * of one. As Perl's lax UTF-8 has them (Encode, "utf8"): surrogates pass, and characters
 * beyond Unicode, but no form longer than it needs to be. */
static size_t character(const unsigned char *s, size_t size, bool *ret_whole)
{
	static const struct {
		unsigned char lead;
		unsigned char size;
		uint64_t least;
	} forms[] = {
		{0xff, 13, UINT64_C(1) << 36}, {0xfe, 7, UINT64_C(1) << 31},
		{0xfc, 6, UINT64_C(1) << 26},  {0xf8, 5, UINT64_C(1) << 21},
		{0xf0, 4, UINT64_C(1) << 16},  {0xe0, 3, UINT64_C(1) << 11},
		{0xc0, 2, UINT64_C(1) << 7},
	};
	size_t i = 0, n = 1;
	bool overflow = false;
	uint64_t value;

	*ret_whole = s[0] < 0x80;
	if (s[0] < 0xc0)
		return 1;
	while (s[0] < forms[i].lead)
		i++;
	value = forms[i].size < 7 ? s[0] & (0x7fU >> forms[i].size) : 0;
	for (; n < forms[i].size && n < size && (s[n] & 0xc0) == 0x80; n++) {
		overflow |= value >> 58;
		value = value << 6 | (s[n] & 0x3f);
	}
	*ret_whole = n == forms[i].size && !overflow && value >= forms[i].least;
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
		if (line[i] >= ' ' && line[i] <= '~' && line[i] != ':' &&
		    line[i] != '%') {
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

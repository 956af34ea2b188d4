/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ESCAPE = sizeof("\\u00ff") - 1 };

/* Bytes of the character that @c begins with, 0: it begins with none. RFC 3629, section
 * 4: no overlong ones, no surrogates, nothing above U+10FFFF. */
static size_t length(const unsigned char *c)
{
	size_t n = c[0] < 0x80	 ? 1
		   : c[0] < 0xc2 ? 0
		   : c[0] < 0xe0 ? 2
		   : c[0] < 0xf0 ? 3
		   : c[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++) /* the end of the text is no continuation */
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
	    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return n;
}

/* Most documents are nothing else, and a start waits for its report. */
static bool is_ascii(const char *text, size_t size)
{
	uint64_t any = 0, eight;
	size_t i = 0;

	for (; i + sizeof(eight) <= size; i += sizeof(eight)) {
		memcpy(&eight, text + i, sizeof(eight));
		any |= eight;
	}
	for (; i < size; i++)
		any |= (unsigned char)text[i];
	return !(any & UINT64_C(0x8080808080808080));
}

char *utf8_escaped(const char *json)
{
	size_t size = strlen(json);
	char *fixed, *to;

	if (is_ascii(json, size))
		return strdup(json);
	fixed = malloc(ESCAPE * size + 1);
	to = fixed;
	for (const char *c = json; fixed && *c;) {
		size_t n = length((const unsigned char *)c);

		if (n)
			memcpy(to, c, n);
		else
			(void)snprintf(to, ESCAPE + 1, "\\u%04x", (unsigned char)*c);
		to += n ? n : ESCAPE;
		c += n ? n : 1;
	}
	if (fixed)
		*to = '\0';
	return fixed;
}

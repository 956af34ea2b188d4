/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"

#include <string.h>

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

char *utf8_repaired(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *fixed = malloc(3 * strlen(text) + 1), *to = fixed;

	for (const char *c = text; fixed && *c;) {
		size_t n = length((const unsigned char *)c);

		memcpy(to, n ? c : replacement, n ? n : 3);
		to += n ? n : 3;
		c += n ? n : 1;
	}
	if (fixed)
		*to = '\0';
	return fixed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>

static bool is_dash(size_t at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

int uuid_parse(const char *text, struct uuid *ret)
{
	struct uuid uuid = {0};

	if (strlen(text) != UUID_TEXT - 1)
		return -EINVAL;
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		int c = (unsigned char)text[i];

		if (is_dash(i) ? c != '-' : !isxdigit(c))
			return -EINVAL;
		uuid.text[i] = (char)tolower(c);
	}
	*ret = uuid;
	return 0;
}

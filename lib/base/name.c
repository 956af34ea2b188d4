/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/name.h"

#include <string.h>

#include "base/limits.h"

bool name_valid(const char *name)
{
	size_t n = 0;

	for (; name[n]; n++)
		if (name[n] < ' ' || name[n] > '~' || strchr("/\"\\", name[n]))
			return false;
	return n > 0 && n < LIMIT_NAME && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

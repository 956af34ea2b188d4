/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/words.h"

#include <string.h>

const char *words_name(const char *const *table, int n, int value)
{
	return value >= 0 && value < n && table[value] ? table[value] : "?";
}

int words_find(const char *const *table, int n, const char *word)
{
	for (int i = 0; i < n; i++)
		if (table[i] && !strcmp(table[i], word))
			return i;
	return -1;
}

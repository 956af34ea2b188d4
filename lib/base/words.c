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

unsigned words_distance(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	unsigned row[LONGEST + 1], n = (unsigned)strlen(b);

	if (strlen(a) > LONGEST || n > LONGEST)
		return WORDS_FAR;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; *a; a++, i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned up = row[j], best = diagonal + (*a != b[j - 1]);

			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = up;
			row[j] = best;
		}
	}
	return row[n];
}

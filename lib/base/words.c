/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/words.h"

#include <stdbool.h>
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

/* Optimal string alignment: a row for each letter of @a, of which the last two count. */
unsigned words_distance(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	unsigned row[3][LONGEST + 1], n = (unsigned)strlen(b), last = 0;

	if (strlen(a) > LONGEST || n > LONGEST)
		return WORDS_FAR;
	for (unsigned j = 0; j <= n; j++)
		row[0][j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		const unsigned *before = row[(i + 1) % 3], *above = row[(i - 1) % 3];
		unsigned *now = row[i % 3];

		last = i % 3;
		now[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				       a[i - 2] == b[j - 1];

			now[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			if (above[j] + 1 < now[j])
				now[j] = above[j] + 1;
			if (now[j - 1] + 1 < now[j])
				now[j] = now[j - 1] + 1;
			if (swapped && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return row[last][n];
}

unsigned words_far(const char *word)
{
	return strlen(word) > 3 ? WORDS_FAR : 2;
}

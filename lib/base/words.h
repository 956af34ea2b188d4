/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* String tables of enums: entry i of @table is the word for value i; n entries. */

/* The word for @value, "?" if it has none. */
const char *words_name(const char *const *table, int n, int value);
/* The value of @word, -1 if it is not in the table. */
int words_find(const char *const *table, int n, const char *word);

/* Words that are this far from each other are not taken for a slip of the fingers. */
enum { WORDS_FAR = 3 };
/* Letters to change, add, leave out or swap between @a and @b; at least WORDS_FAR
 * if one is longer than 32. */
unsigned words_distance(const char *a, const char *b);
/* From which distance on nothing is near @word: two letters of three are another word. */
unsigned words_far(const char *word);

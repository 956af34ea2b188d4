/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"

/* Sentences for the operator, gathered on the way and shown by the program's main. */
struct notes {
	char **text; /* owned, each one line without an end */
	size_t n;
};

/* Out of memory drops the sentence: a note never makes a hook fail. */
void notes_add(struct notes *notes, const char *fmt, ...) _printf_(2, 3);
void notes_add_err(struct notes *notes, const struct err *err);
/* Forgets all but the first @n. */
void notes_cut(struct notes *notes, size_t n);
void notes_free(struct notes *notes);

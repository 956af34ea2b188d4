/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/notes.h"

#include <stdarg.h>

#include "base/say.h"

void notes_add(struct notes *notes, const char *fmt, ...)
{
	char **grown = realloc(notes->text, (notes->n + 1) * sizeof(*grown));
	char *text = NULL;
	va_list ap;
	int n;

	if (!grown)
		return;
	notes->text = grown;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	say_clean(text);
	notes->text[notes->n++] = text;
}

void notes_add_err(struct notes *notes, const struct err *err)
{
	char text[sizeof(struct err)];

	notes_add(notes, "%s", err_text(err, text, sizeof(text)));
}

void notes_cut(struct notes *notes, size_t n)
{
	while (notes->n > n)
		free(notes->text[--notes->n]);
}

void notes_free(struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		free(notes->text[i]);
	free(notes->text);
	*notes = (struct notes){0};
}

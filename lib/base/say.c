/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static void clean(char *text, bool tabs)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if ((*c < ' ' && !(tabs && *c == '\t')) || *c == 0x7f)
			*c = '?';
}

void say_clean(char *text)
{
	clean(text, true);
}

static _printf_(3, 0) void print(char *to, size_t size, const char *fmt, va_list ap)
{
	(void)vsnprintf(to, size, fmt, ap);
	clean(to, false);
}

void say(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(to, size, fmt, ap);
	va_end(ap);
}

void say_more(char *to, size_t size, const char *fmt, ...)
{
	size_t n = strnlen(to, size);
	va_list ap;

	if (n + 1 >= size)
		return;
	va_start(ap, fmt);
	print(to + n, size - n, fmt, ap);
	va_end(ap);
}

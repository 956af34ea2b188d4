/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

static _printf_(3, 0) int err_vset(struct err *err, int code, const char *fmt, va_list ap)
{
	if (!err)
		return -code;
	err->code = code;
	err->line = 0;
	err->file[0] = '\0';
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	say_clean(err->msg); /* what it quotes is of somebody else */
	return -code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_vset(err, code, fmt, ap);
	va_end(ap);
	return -code;
}

int err_at(struct err *err, int code, const char *file, unsigned line, const char *fmt,
	   ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_vset(err, code, fmt, ap);
	va_end(ap);
	if (err) {
		(void)snprintf(err->file, sizeof(err->file), "%s", file);
		err->line = line;
	}
	return -code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char cause[sizeof(err->msg)];
	va_list ap;
	int n;

	if (!err)
		return -EINVAL;
	memcpy(cause, err->msg, sizeof(cause));
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		(void)snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", cause);
	return -err->code;
}

bool err_is_rights(const struct err *err)
{
	return err->code == EACCES && geteuid() != 0;
}

const char *err_text(const struct err *err, char *buf, size_t size)
{
	const char *cure = err_is_rights(err) ? "; run it as root" : "";

	if (err->file[0] && err->line)
		(void)snprintf(buf, size, "%s:%u: %s%s", err->file, err->line, err->msg,
			       cure);
	else if (err->file[0])
		(void)snprintf(buf, size, "%s: %s%s", err->file, err->msg, cure);
	else
		(void)snprintf(buf, size, "%s%s", err->msg, cure);
	return buf;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"

/*
 * What went wrong, in words, on the caller's stack. Untouched on success. Wrapped on the
 * way up, so that it reads from the general to the cause.
 */
struct err {
	int code;	/* a positive errno, 0 while nothing went wrong */
	unsigned line;	/* line of @file, 0: none */
	char file[256]; /* configuration or journal file, empty: none */
	char msg[1024];
};

/* Each returns -@code, so that a caller can write `return err_set(...)`. @err may be
 * NULL. */
int err_set(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);
int err_at(struct err *err, int code, const char *file, unsigned line, const char *fmt,
	   ...) _printf_(5, 6);

/* Puts "text: " before the message; returns -err->code. */
int err_wrap(struct err *err, const char *fmt, ...) _printf_(2, 3);

/* It is root's business, and this process is not root: nothing can have been changed. */
bool err_is_rights(const struct err *err);

/* "FILE:LINE: message", and that root may, into @buf (@size bytes); returns @buf. */
const char *err_text(const struct err *err, char *buf, size_t size);

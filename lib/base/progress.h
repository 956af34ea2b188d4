/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"

/*
 * Words for whoever looks on while something takes long. They go nowhere until a
 * program's main says where to; then each is a line at once. Nothing waits for the
 * reader, or ends for want of one: what cannot be taken is dropped.
 */

/* @fd is borrowed; -1: nowhere. */
void progress_to(int fd);
void progress(const char *fmt, ...) _printf_(1, 2);
/* When it is worth saying again that what began at @since still goes on at @now (both
 * clock_ms()): after LIMIT_PROGRESS_MS, then when it has taken three times as long. */
int64_t progress_next(int64_t since, int64_t now);

/* A wait that begins now, and ends at @end by clock_ms(). */
struct progress_wait {
	int64_t begin, end, tell_at;
};
struct progress_wait progress_wait(int64_t end);
/* Says what is waited for, and for how long at most, if it is worth saying (again). */
void progress_waits(struct progress_wait *wait, const char *what);

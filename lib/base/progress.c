/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/progress.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/say.h"

static int to = -1;

void progress_to(int fd)
{
	to = fd;
}

/* A pipe whose reader is gone raises SIGPIPE, which would end us amid the work. */
static void put(const char *line, size_t size)
{
	const struct timespec now = {0};
	sigset_t pipe, before;

	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &pipe, &before) < 0)
		return;
	if (write(to, line, size) < 0 && errno == EPIPE)
		(void)sigtimedwait(&pipe, NULL, &now);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

void progress(const char *fmt, ...)
{
	struct pollfd p = {.fd = to, .events = POLLOUT};
	char text[400], line[sizeof(text) + 16];
	va_list ap;

	/* A pipe that takes anything takes a line of this length whole. */
	if (to < 0 || poll(&p, 1, 0) != 1 || p.revents != POLLOUT)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say_clean(text);
	put(line, (size_t)snprintf(line, sizeof(line), "hostpci: %s\n", text));
}

int64_t progress_next(int64_t since, int64_t now)
{
	return now - since < LIMIT_PROGRESS_MS ? since + LIMIT_PROGRESS_MS
					       : since + 3 * (now - since);
}

struct progress_wait progress_wait(int64_t end)
{
	int64_t now = clock_ms();

	return (struct progress_wait){now, end, progress_next(now, now)};
}

void progress_waits(struct progress_wait *wait, const char *what)
{
	int64_t now = clock_ms();

	if (now < wait->tell_at)
		return;
	progress("%s: waiting, at most %lld s", what,
		 (long long)(wait->end - now + 999) / 1000);
	wait->tell_at = progress_next(wait->begin, now);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lock.h"

#include <errno.h>
#include <sys/file.h>

#include "base/clock.h"

int lock_take(int fd, int timeout_ms)
{
	int64_t end = clock_ms() + timeout_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return -errno;
		if (clock_ms() >= end)
			return -EBUSY;
		clock_sleep_ms(10);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/folder.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

int folder_each(int fd, folder_entry *each, void *context)
{
	_Alignas(struct dirent64) char buf[8192];
	const struct dirent64 *e;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = getdents64(fd, buf, sizeof(buf))) != 0) {
		if (n < 0)
			return -errno;
		for (ssize_t at = 0; r == 0 && at < n; at += e->d_reclen) {
			e = (const struct dirent64 *)(buf + at);
			if (!is_dots(e->d_name))
				r = each(context, e);
		}
	}
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Where the host is: "/" and its /sys, or, for tests, a folder below /tmp. Every absolute
 * path that the programs use is resolved below it (openat2, RESOLVE_IN_ROOT), so that a
 * test switch can neither redirect a privileged write elsewhere nor let one out.
 */
struct root {
	int fd;
	int sys; /* /sys, -1 where there is none */
	bool moved;
	char *path; /* owned; NULL when not moved */
};

#define ROOT_CLOSED ((struct root){.fd = -1, .sys = -1})

/* @dir NULL: the real root. Else an existing folder that resolves to below /tmp/. */
int root_open(const char *dir, struct root *ret, struct err *err) _must_check_;
void root_close(struct root *root);

/*
 * Opens @path ("/etc/x", links resolved inside the root); O_CLOEXEC is added. Returns a
 * descriptor that the caller owns, or -errno. Never creates unless @flags say O_CREAT.
 */
int root_openat(const struct root *root, const char *path, int flags,
		mode_t mode) _must_check_;

/* Opens @path relative to /sys; it cannot leave /sys. Returns a descriptor or -errno. */
int root_opensys(const struct root *root, const char *path, int flags) _must_check_;

/* Where the link @path of /sys points, cut to @size with its NUL; -errno. One call of the
 * kernel where the root is not moved: a look at a device asks for many. */
int root_linksys(const struct root *root, const char *path, char *buf,
		 size_t size) _must_check_;
/* Whether /sys has @path, be it a link. */
bool root_hassys(const struct root *root, const char *path);

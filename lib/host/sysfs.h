/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/root.h"

/*
 * Reading /sys. Paths are relative to it. Nothing here takes a device lock, unless the
 * attribute's own show function does: those are read through look.h in a child.
 */

/*
 * @path as if it were /sys: the way there, links and all, is walked once for many looks.
 * @ret is good until sysfs_leave, and while @root is open. -ENOENT, -errno.
 */
int sysfs_enter(const struct root *root, const char *path, struct root *ret) _must_check_;
void sysfs_leave(struct root *here);

/* The attribute's text without its last newline, cut to @size. -errno. */
int sysfs_read(const struct root *root, const char *path, char *buf,
	       size_t size) _must_check_;
/* The last part of where the link @path points; "" and 0 if there is no such link. */
int sysfs_link(const struct root *root, const char *path, char *buf,
	       size_t size) _must_check_;
/* All of where it points, cut to @size. */
int sysfs_target(const struct root *root, const char *path, char *buf,
		 size_t size) _must_check_;
bool sysfs_exists(const struct root *root, const char *path);
/* "0x8086" or "8086" or decimal, as the kernel prints numbers; @fallback if unreadable.
 */
uint32_t sysfs_number(const struct root *root, const char *path, uint32_t fallback);

/*
 * How many folders are in @path, also those that are another network namespace's and that
 * no listing shows: a folder has two links and one of each (kernel, fs/kernfs/inode.c,
 * kernfs_refresh_inode). -ENOENT; -EOPNOTSUPP: a file system that does not count them.
 */
int sysfs_folders(const struct root *root, const char *path) _must_check_;

enum sysfs_type { SYSFS_FOLDERS, SYSFS_LINKS };

/*
 * Calls @each for every folder, or every link, in @path until it returns non-zero, and
 * returns that. In the order of names, so that runs are repeatable. -errno: @path cannot
 * be read.
 */
typedef int sysfs_entry(void *context, const char *name);
int sysfs_each(const struct root *root, const char *path, enum sysfs_type type,
	       sysfs_entry *each, void *context) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/*
 * What of the kernel stands on a block device without a claim, a holder or a process that
 * shows it: loop devices, and namespaces that the NVMe target gives to others. A line
 * each: "259:3 - /dev/loop0", the device by its number; "- /dev/nvme0n1p3 /dev/loop0" if
 * it has none. -ENOSPC: more than @buf holds.
 */
int backing_look(const struct root *root, char *buf, size_t size) _must_check_;

/* What stands on @path, or on the block device @number ("259:3", may be NULL), by such
 * lines; false: nothing. */
bool backing_find(const char *text, const char *path, const char *number, char *ret,
		  size_t size);

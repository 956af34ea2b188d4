/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/* Looks at the virtual functions of the physical one with folder @path, for a child
 * (look.h): reading sriov_numvfs takes its lock. */

/* LOOK_VFS */
int vfs_look(const struct root *root, const char *path, char *buf,
	     size_t size) _must_check_;
/* LOOK_VFS_BUSY */
int vfs_look_busy(const struct root *root, const char *path, char *buf,
		  size_t size) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include <stdbool.h>

#include "base/cleanup.h"

/* Where the name of its pool is on a member of ZFS: after two reserved areas of 8 KiB. */
enum { ZFS_LABEL_AT = 16 * 1024, ZFS_LABEL_SIZE = 16 * 1024 };

/*
 * The pool that a disk belongs to, from ZFS_LABEL_SIZE bytes at ZFS_LABEL_AT: a list of
 * names and values in XDR (OpenZFS, "On-disk format", and module/nvpair). -ENODATA: it
 * belongs to none.
 */
int zfs_label_pool(const void *label, size_t size, char *ret,
		   size_t ret_size) _must_check_;

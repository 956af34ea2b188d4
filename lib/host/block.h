/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/child.h"
#include "host/holding.h"

/*
 * Finds the disks behind a controller, through SCSI hosts and the heads of its NVMe
 * subsystem, and says of each what uses it: mount, swap, md or dm, or a claim whose owner
 * does not show (ZFS, bcache, a mount in another namespace). @looker answers LOOK_CLAIM;
 * NULL: the caller itself may block.
 */
int block_holdings(const struct root *root, struct child *looker, const struct bdf *bdf,
		   struct holdings *holdings, struct err *err) _must_check_;

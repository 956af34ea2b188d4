/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/notes.h"

/* Something of the host that uses a device. */
struct holding {
	struct bdf bdf;
	char what[64];	/* "/dev/nvme0n1p1" */
	char why[256];	/* "is mounted on /srv" */
	char cure[256]; /* "umount /srv" */
};

struct holdings {
	struct holding *item; /* owned */
	size_t n;
};

/* The new item, zeroed but for @bdf; NULL: out of memory. Valid until the next call. */
struct holding *holdings_add(struct holdings *holdings, const struct bdf *bdf);
void holdings_free(struct holdings *holdings);

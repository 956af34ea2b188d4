/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/grade.h"
#include "base/notes.h"

/* Something, or somebody, of the host that uses a device. */
struct holding {
	struct bdf bdf;
	enum grade grade;
	bool passing;	/* it is just going, and lets go by itself */
	char what[96];	/* "/dev/nvme0n1p1" */
	char why[256];	/* "is mounted on /srv" */
	char who[128];	/* "pid 812 (smartd), unit smartd.service"; empty: see why */
	char cure[256]; /* "umount /srv" */
};

struct holdings {
	struct holding *item; /* owned */
	size_t n;
};

/* The new item, otherwise zeroed; NULL: out of memory. Valid until the next call. */
struct holding *holdings_add(struct holdings *holdings, const struct bdf *bdf,
			     enum grade grade);
void holdings_free(struct holdings *holdings);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/grade.h"

/* One thing that the gate has to say, complete in itself. */
struct finding {
	enum grade grade;
	int slot; /* -1: none in particular */
	char device[24];
	char what[128]; /* "/dev/nvme0n1p1" */
	char why[400];	/* "is mounted on /srv" */
	char who[128];	/* "VM 101"; empty: see why */
	char cure[400]; /* what to do next */
	bool held;	/* somebody uses the device: it may be freed */
	bool allowed;	/* told, as the policy allows what is asked otherwise */
	bool passing;	/* who does is just going: it is worth waiting */
};

struct findings {
	struct finding *item; /* owned */
	size_t n;
	bool refused; /* one of them refuses */
};

/* The new item; NULL: out of memory, and then @findings refuses. Valid until the next
 * call. */
struct finding *findings_add(struct findings *findings, enum grade grade, int slot,
			     const struct bdf *bdf);
void findings_free(struct findings *findings);

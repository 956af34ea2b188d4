/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"

/* How much a finding weighs. */
enum grade {
	GRADE_NEVER, /* no policy allows it */
	GRADE_ASK,   /* refused unless policy allows it for this device */
	GRADE_TELL,  /* said, and done */
	_GRADE_MAX,
};

extern const char *const grade_words[_GRADE_MAX];

/* One thing that the gate has to say, complete in itself. */
struct finding {
	enum grade grade;
	int slot; /* -1: none in particular */
	char device[24];
	char what[96];	/* "/dev/nvme0n1p1" */
	char why[300];	/* "is mounted on /srv" */
	char who[128];	/* "VM 101"; empty: see why */
	char cure[300]; /* what to do next */
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* A step on its way, and what became of it. */
enum deed_state {
	DEED_PLANNED,
	DEED_ALREADY, /* it was so: nothing written */
	DEED_DONE,
	DEED_LEFT, /* somebody else has changed it: not taken back */
	DEED_FAILED,
	DEED_STUCK,   /* the kernel did not answer in time, and still works on it */
	DEED_SKIPPED, /* not tried, after another's failure */
	_DEED_MAX,
};

extern const char *const deed_words[_DEED_MAX];

struct deed {
	struct step step;
	enum deed_state state;
	bool rollback; /* taken back because the run failed */
	int ms;
	char text[400]; /* what went wrong, or what is worth saying; one line */
};

struct deeds {
	struct deed *item; /* owned */
	size_t n;
};

int deeds_add(struct deeds *deeds, const struct step *step, bool rollback) _must_check_;
/* True if a step of lane @lane, or of the group of that number, is stuck in the kernel.
 */
bool deeds_stuck(const struct deeds *deeds, int lane);
/* Why it failed, or is stuck, in words; -EIO. */
int deed_error(const struct deed *deed, struct err *err);
void deeds_free(struct deeds *deeds);

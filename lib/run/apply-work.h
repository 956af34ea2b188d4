/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/apply.h"
#include "run/session.h"

/* One device of a run: waits until nobody is in its way, is carried out with the others
 * that are ready, and is over. */
enum work_state {
	WORK_WAITS,
	WORK_READY, /* planned, and claimed in the journal */
	WORK_OVER,  /* its outcome says what came of it */
};

struct work {
	const struct apply *apply;
	struct session *session;
	struct outcome *outcome;
	struct facts *facts;
	struct plan plan;
	enum work_state state;
	bool claimed;	/* the journal names it */
	size_t first;	/* of its outcome's deeds, that is to be done now */
	bool failed;	/* it is to be taken back */
	struct err why; /* and why */
};

/* @err NULL: the outcome's findings say why, or all is well. */
void work_end(struct work *work, enum exit_code code, const struct err *err);
/*
 * Under the host's lock, which it may let go of for a moment: the work is over, or ready;
 * or it waits for somebody who is in its way, if that is not for too long since @begin,
 * clock_ms().
 */
void work_prepare(struct work *work, int64_t begin);
/* What was done is to stay, whoever did it. */
int work_forget(struct work *work) _must_check_;
/* Adds what takes back what the journal says was done to it. */
int work_undo(const struct work *work, bool rollback, struct deeds *deeds) _must_check_;
/* The journal tells of something that is to be taken back. */
bool work_is_left(const struct work *work);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/deed.h"
#include "run/journal.h"

/* The steps of one IOMMU group, one after the other, through one child. */
enum lane_state {
	LANE_IDLE,
	LANE_LOOKING,	/* where does the step stand? */
	LANE_GUARDING,	/* is the device free? */
	LANE_WAITING,	/* it is not: until the next try */
	LANE_PATIENT,	/* it may get there by itself: until the next look */
	LANE_WRITING,	/* and looking whether the write had its effect */
	LANE_SETTLING,	/* written; it needs a moment */
	LANE_VERIFYING, /* did the write have its effect? */
	LANE_ENDED,
};

struct lane {
	const struct root *root;
	struct journal *journal;
	int key;
	struct deed *deed; /* all deeds of the run, those of other lanes too */
	size_t n;
	size_t at; /* the one it is on */
	enum lane_state state;
	struct child child;
	int64_t started;	/* of the deed */
	int64_t since;		/* of the deed, or of its write */
	int64_t wake;		/* LANE_WAITING, _PATIENT, _SETTLING: when to go on */
	int64_t busy_until;	/* and when to give up */
	int64_t tell_at;	/* when to say that it takes long */
	char seen[CHILD_VALUE]; /* what the deed's first look answered */
	const char *or_else;	/* what to write if the kernel refuses; NULL: nothing */
	bool filed;		/* the deed's intent is on file */
	unsigned batch;	  /* requests that were sent with the write, itself included */
	int write_result; /* of the deed's write(2) */
	bool undoing;	  /* the deed on the way takes back */
	size_t ahead;	  /* the deed of which the first look is known already; 0: none */
	struct child_reply ahead_reply;
	bool failed;	    /* a deed of this lane failed */
	bool stop;	    /* nothing new goes on file, and so nothing is written */
	bool journal_child; /* the child is on file */
};

/* The deed that an idle lane comes to next; NULL: none, the lane has ended. */
const struct deed *lane_next(struct lane *lane);
/* Begins it. */
void lane_begin(struct lane *lane);
/* It has to wait for others: what was seen of it ahead may change meanwhile. */
void lane_hold(struct lane *lane);
/* The child has answered. */
void lane_reply(struct lane *lane);
/* Says what it waits for. */
void lane_tell(struct lane *lane);
/* Time has passed: deadlines and waits. */
void lane_tick(struct lane *lane, int64_t now);
/* Nothing new is to be done: a deed that only waits for its device is let be, one that is
 * looked at ends with the answer, and one that is written is seen to its end. */
void lane_stop(struct lane *lane);
/* When lane_tick is due, clock_ms(); INT64_MAX: never. */
int64_t lane_due(const struct lane *lane);
/* True if a deed of it is under way. */
bool lane_is_active(const struct lane *lane);
/* True while an answer of its child is expected. */
bool lane_is_waiting(const struct lane *lane);
/* Ends the child; one that is stuck is left to the kernel. */
void lane_end(struct lane *lane);

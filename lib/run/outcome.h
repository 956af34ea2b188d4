/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/exit-code.h"
#include "base/scope.h"
#include "host/facts.h"
#include "plan/finding.h"
#include "run/deed.h"

/* A device that the run is about, as it was found. */
struct shown {
	struct device device;
	int slot;
	bool wanted;
	struct uuid mdev; /* a mediated device; unset: a function */
	char type[LIMIT_NAME];
	char parent[LIMIT_NAME];
	bool left; /* to Proxmox, which makes it */
};

/* Where a sweep found a machine to be. */
enum standing {
	STANDING_NONE,	  /* it was no sweep */
	STANDING_RUNS,	  /* left alone, and so are the next ones */
	STANDING_STARTS,  /* it is just being started or stopped */
	STANDING_KEPT,	  /* it has stopped and keeps what it shall keep */
	STANDING_BUSY,	  /* another run works on it, or is stuck in the kernel */
	STANDING_UNKNOWN, /* it cannot be told */
	STANDING_OVER,	  /* it no longer runs: the rest of the outcome says the rest */
	_STANDING_MAX,
};

extern const char *const standing_words[_STANDING_MAX];

/* What a run did, or a dry run would do, to one machine; rendered by report/. */
struct outcome {
	uint32_t vmid;
	enum scope scope;
	const char *what; /* "pre-start", ..., "release" */
	bool dry;
	enum exit_code exit;
	enum standing standing;
	struct err err;	     /* why it failed; code 0: it did not, or findings say */
	struct shown *shown; /* owned */
	size_t shown_n;
	struct findings findings;
	struct notes warnings;
	struct notes notes; /* what is worth saying */
	struct deeds deeds;
	unsigned kept; /* devices that the machine keeps after a stop, or a sweep */
	int ms;
};

void outcome_free(struct outcome *outcome);

/* Remembers the devices of @facts, for the report. */
void outcome_show(struct outcome *outcome, const struct facts *facts);

/* Sets exit and returns it. */
int outcome_exit(struct outcome *outcome, enum exit_code code);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/* Why a machine's devices are taken back. */
enum stop_cause {
	STOP_END,     /* it has stopped */
	STOP_REBOOT,  /* it has, and will be started at once */
	STOP_RELEASE, /* all are wanted, those that are kept, too */
	STOP_SWEEP,   /* it was found not to run any more */
};

struct stop {
	struct session *session;
	enum stop_cause cause;
	int64_t now; /* clock_boot_s() */
};

/* What @cause is for a sweep: a release that was cut off goes on. */
struct stop stop_for(struct session *session, enum stop_cause cause);

/* True if no device of the journal is to be touched: each is kept, and stays so. */
bool stop_is_idle(const struct stop *stop);

/*
 * Takes back what is to be taken back, keeps what is to be kept, and ends the journal if
 * nothing is left in it. Returns the exit code; @session's outcome says the rest.
 */
int stop_devices(const struct stop *stop) _must_check_;

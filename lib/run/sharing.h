/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/* Why physical functions are taken back, of which a machine has had virtual ones. */
struct sharing {
	struct session *session;
	const struct plan *keep; /* what it names stays; NULL: nothing */
	bool back;		 /* as they were, whatever policy says of them */
	bool rollback;		 /* what this run has done, from step @first_id on */
	uint32_t first_id;
};

/*
 * Takes back, of the physical functions that no virtual one is held of any more, what was
 * set for this machine; the number of their virtual functions if that is wanted and no
 * other machine, and nobody of the host, uses one: otherwise they stay, and that is said.
 * Not under the host's lock, which it takes to look who else is there. -errno: something
 * is left.
 */
int sharing_give_back(const struct sharing *sharing, struct err *err) _must_check_;

/* The start is over: others may count on the number of virtual functions again. */
int sharing_settle(struct journal *journal) _must_check_;

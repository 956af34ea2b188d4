/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/deed.h"
#include "run/journal.h"

/*
 * Adds what takes back the live steps of the open hold @hold with an id of @first_id or
 * more, the last one first. -ENOMEM.
 */
int undo_add(const struct journal *journal, const struct hold *hold, uint32_t first_id,
	     bool rollback, struct deeds *deeds) _must_check_;

/*
 * Adds what a start takes back before it looks at the host: a removal and all since, if a
 * run was killed within, and a mediated device, which each start makes anew. -ENOMEM.
 */
int undo_add_first(const struct journal *journal, const struct hold *hold,
		   struct deeds *deeds) _must_check_;

/*
 * The same of all mediated devices of @journal, for a plan that only is shown: from here
 * on it is so in memory. -ENOMEM.
 */
int undo_plan_first(struct journal *journal, struct deeds *deeds) _must_check_;

/* True if a step on @hold's device is still in effect. */
bool undo_is_left(const struct journal *journal, const struct hold *hold);

/*
 * The driver that @hold's device goes back to: what its first live unbind found, and if
 * its driver was not touched, the one that it has. "" for none.
 */
void undo_driver(const struct journal *journal, const struct hold *hold,
		 char ret[static LIMIT_NAME]);

/*
 * A plan of what a start will do looks at a host on which it has not taken back yet what
 * goes first (undo_add_first): forgets in @facts the mediated devices that @journal will
 * have removed, and that their parents are full because of them.
 */
void undo_pretend(const struct journal *journal, struct facts *facts);

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

/* True if a step on @hold's device is still in effect. */
bool undo_is_left(const struct journal *journal, const struct hold *hold);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/deed.h"
#include "run/journal.h"

/*
 * Adds what takes back the live steps of the open hold on @bdf with an id of @first_id or
 * more, the last one first. -ENOMEM.
 */
int undo_add(const struct journal *journal, const struct bdf *bdf, uint32_t first_id,
	     bool rollback, struct deeds *deeds) _must_check_;

/* Adds what takes back a removal of @bdf and all since, if a run was killed within.
 * -ENOMEM.
 */
int undo_add_removed(const struct journal *journal, const struct bdf *bdf,
		     struct deeds *deeds) _must_check_;

/* True if a step on @bdf is still in effect. */
bool undo_is_left(const struct journal *journal, const struct bdf *bdf);

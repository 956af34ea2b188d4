/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "run/journal.h"

/*
 * Adds to @facts what the journals of other machines than @vmid hold. Of a journal that
 * cannot be read everything that its text names counts as held, and so does what is on a
 * vfio driver and in no other journal; that is said in @notes.
 */
int claims_gather(const struct root *root, uint32_t vmid, struct facts *facts,
		  struct notes *notes, struct err *err) _must_check_;

/* Adds what the machine's own journal holds, and what it has done to physical functions.
 */
int claims_own(const struct journal *journal, struct facts *facts) _must_check_;

/*
 * Of the claims on the devices of resolved @facts, marks those whose machine is on its
 * way out: its QEMU is ending, or has ended and its stop is under way or due.
 */
void claims_mark_passing(const struct root *root, struct facts *facts);

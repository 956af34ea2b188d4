/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"

/*
 * Adds to @facts what the journals of other machines than @vmid hold. A journal that
 * cannot be read is an error: what it holds must not go to somebody else.
 */
int claims_gather(const struct root *root, uint32_t vmid, struct facts *facts,
		  struct err *err) _must_check_;

/*
 * Of the claims on the devices of resolved @facts, marks those whose machine is on its
 * way out: its QEMU is ending, or has ended and its stop is under way or due.
 */
void claims_mark_passing(const struct root *root, struct facts *facts);

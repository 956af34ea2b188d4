/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"

/*
 * Adds to @facts what the journals of other machines than @vmid hold. A journal that
 * cannot be read is an error: what it holds must not go to somebody else.
 */
int claims_gather(const struct root *root, uint32_t vmid, struct facts *facts,
		  struct err *err) _must_check_;

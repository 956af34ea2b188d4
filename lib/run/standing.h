/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

enum { STANDING_WORDS = 256 };

/*
 * Does the machine of an open journal still run, or is it just being started or stopped?
 * STANDING_OVER: neither. From what is cheapest and surest to the descriptors that are
 * open on its devices, which have the last word; those are looked at only when everything
 * else says that nobody starts it, as the look itself opens an IOMMU group for a moment.
 * @why: the reason, to follow "VM 100 ".
 */
enum standing standing_of(const struct session *session, char why[static STANDING_WORDS]);

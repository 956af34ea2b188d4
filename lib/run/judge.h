/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/booking.h"

/*
 * Finds the devices of @spec, looks at the host and asks the gate, whose findings are in
 * the outcome. While all that refuses is just going, it waits and looks again, bounded by
 * LIMIT_PASSING_MS; what else is held is freed by the policy's commands, once. A dry run
 * looks once. -errno: as booking_make; -EIO: the look failed; -EINTR.
 */
int judge(struct session *session, const struct spec *spec, struct facts **facts,
	  struct booking *booking, struct err *err) _must_check_;

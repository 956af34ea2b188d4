/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/lane.h"

/* The parts of a lane: what it asks its child (lane-ask.c), what it makes of the answers
 * (lane-answer.c), and when (lane.c). */

/* The deed it is on. */
struct deed *lane_current(struct lane *lane);
/* The first one from @at on that is still to be done; lane->n: none. */
size_t lane_find(const struct lane *lane, size_t at);
void lane_finish(struct lane *lane, enum deed_state state);
/* Notes why, and lets the other steps on the same device be, unless they do without. */
_printf_(2, 3) void lane_fail(struct lane *lane, const char *fmt, ...);

/* Asks where the deed stands, in the state LANE_LOOKING or LANE_VERIFYING. */
void lane_look(struct lane *lane, enum lane_state state);
/* Asks whether the device is free, and writes if nothing needs to be asked. */
void lane_guard(struct lane *lane);
/* @instead: the kernel did not take the value, and the step knows another one. */
void lane_write(struct lane *lane, const char *instead);
/* Puts the deed's intent on file; false: it has failed, or must not be begun any more. */
bool lane_on_file(struct lane *lane);

/* What the first look has answered. */
void lane_looked(struct lane *lane, const struct child_reply *reply);

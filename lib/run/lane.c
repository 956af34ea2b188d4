/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/lane-work.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "run/act.h"

static void stuck(struct lane *lane)
{
	struct deed *d = lane_current(lane);
	char stack[200];

	(void)proc_stack(lane->root, lane->child.id.pid, stack, sizeof(stack));
	(void)snprintf(d->text, sizeof(d->text),
		       "stuck in the kernel for %lld s (process %d%s%s): look at "
		       "dmesg; it ends when the kernel lets go",
		       (long long)(clock_ms() - lane->started) / 1000,
		       (int)lane->child.id.pid, stack[0] ? ", in " : "", stack);
	lane_finish(lane, DEED_STUCK);
	lane->failed = true;
	lane->state = LANE_ENDED;
	/* The whole lane shares what the kernel holds. */
	for (size_t i = 0; i < lane->n; i++)
		if (lane->deed[i].state == DEED_PLANNED &&
		    lane->deed[i].step.lane == lane->key)
			lane->deed[i].state = DEED_SKIPPED;
}

static bool have_child(struct lane *lane)
{
	struct err err;

	if (lane->child.id.pid > 0)
		return true;
	if (child_spawn(&lane->child, lane->root, act_handle, &err) == 0)
		return true;
	lane->child = CHILD_NONE;
	lane_fail(lane, "%s", err.msg);
	return false;
}

const struct deed *lane_next(struct lane *lane)
{
	lane->at = lane_find(lane, lane->at);
	if (lane->at < lane->n)
		return lane_current(lane);
	lane->state = LANE_ENDED;
	child_dismiss(&lane->child); /* it ends while others still work */
	return NULL;
}

void lane_begin(struct lane *lane)
{
	lane->started = clock_ms();
	lane->since = lane->started;
	lane->busy_until = lane->started + LIMIT_BUSY_MS;
	lane->undoing = lane_current(lane)->step.direction == STEP_UNDO;
	lane->filed = false;
	if (!have_child(lane))
		return;
	if (lane->ahead && lane->ahead == lane->at)
		lane_looked(lane, &lane->ahead_reply);
	else
		lane_look(lane, LANE_LOOKING);
}

void lane_hold(struct lane *lane)
{
	lane->ahead = 0;
}

void lane_stop(struct lane *lane)
{
	lane->stop = true;
	if (lane->state == LANE_WAITING || lane->state == LANE_PATIENT)
		lane_finish(lane, DEED_SKIPPED);
}

void lane_tick(struct lane *lane, int64_t now)
{
	if (lane_is_waiting(lane) && now >= lane->child.deadline)
		stuck(lane);
	else if (lane->state == LANE_WAITING && now >= lane->wake)
		lane_guard(lane);
	else if (lane->state == LANE_PATIENT && now >= lane->wake)
		lane_look(lane, LANE_LOOKING);
	else if (lane->state == LANE_SETTLING && now >= lane->wake)
		lane_look(lane, LANE_VERIFYING);
}

bool lane_is_waiting(const struct lane *lane)
{
	return lane->child.busy && lane->state != LANE_ENDED;
}

int64_t lane_due(const struct lane *lane)
{
	if (lane_is_waiting(lane))
		return lane->child.deadline;
	return lane->state == LANE_WAITING || lane->state == LANE_PATIENT ||
			       lane->state == LANE_SETTLING
		       ? lane->wake
		       : INT64_MAX;
}

void lane_end(struct lane *lane)
{
	child_end(&lane->child);
}

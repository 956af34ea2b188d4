/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/lane-work.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/progress.h"
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
	lane->tell_at = progress_next(lane->started, lane->started);
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

/* The words, and until when at most; 0: as long as the step is patient. */
static const char *waits_for(const struct lane *lane, int64_t *ret_end)
{
	*ret_end = 0;
	if (lane_is_waiting(lane)) {
		*ret_end = lane->child.deadline;
		return "for the kernel";
	}
	if (lane->state != LANE_WAITING)
		return "for it to come about";
	*ret_end = lane->busy_until;
	return "until nobody uses it";
}

void lane_tell(struct lane *lane)
{
	const struct step *step = &lane_current(lane)->step;
	char text[STEP_WORDS], most[32] = "";
	int64_t now = clock_ms(), end;
	const char *what = waits_for(lane, &end);

	if (end)
		(void)snprintf(most, sizeof(most), ", at most %lld s",
			       (long long)(end - now + 999) / 1000);
	step_ops(step)->describe(step, text, sizeof(text));
	progress("%s: %s: waiting %s%s", STEP_DEVICE(step), text, what, most);
	lane->tell_at = progress_next(lane->started, now);
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
	if (lane_is_active(lane) && now >= lane->tell_at)
		lane_tell(lane);
}

bool lane_is_active(const struct lane *lane)
{
	return lane->state != LANE_IDLE && lane->state != LANE_ENDED;
}

bool lane_is_waiting(const struct lane *lane)
{
	return lane->child.busy && lane->state != LANE_ENDED;
}

int64_t lane_due(const struct lane *lane)
{
	int64_t due = lane_is_waiting(lane) ? lane->child.deadline : lane->wake;

	if (!lane_is_active(lane))
		return INT64_MAX;
	return due < lane->tell_at ? due : lane->tell_at;
}

void lane_end(struct lane *lane)
{
	child_end(&lane->child);
}

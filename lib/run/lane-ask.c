/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/lane-work.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "run/act.h"

struct deed *lane_current(struct lane *lane)
{
	return &lane->deed[lane->at];
}

void lane_finish(struct lane *lane, enum deed_state state)
{
	lane_current(lane)->state = state;
	lane_current(lane)->ms = (int)(clock_ms() - lane->started);
	lane->state = LANE_IDLE;
}

void lane_fail(struct lane *lane, const char *fmt, ...)
{
	const struct step step = lane_current(lane)->step;
	/* What is in use is so for all that follows. */
	bool (*aside)(const struct step *) = step_ops(&step)->aside;
	bool alone =
		lane->undoing && lane->state != LANE_GUARDING && aside && aside(&step);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(lane_current(lane)->text, sizeof(lane_current(lane)->text), fmt,
			ap);
	va_end(ap);
	lane_finish(lane, DEED_FAILED);
	lane->failed = true;
	for (size_t i = lane->at + 1; !alone && i < lane->n; i++)
		if (lane->deed[i].state == DEED_PLANNED &&
		    step_same_device(&lane->deed[i].step, &step))
			lane->deed[i].state = DEED_SKIPPED;
}

size_t lane_find(const struct lane *lane, size_t at)
{
	while (at < lane->n && (lane->deed[at].state != DEED_PLANNED ||
				lane->deed[at].step.lane != lane->key))
		at++;
	return at;
}

static void send(struct lane *lane, const struct child_request *request, unsigned n,
		 enum lane_state state, int timeout_ms)
{
	int r = child_send(&lane->child, request, n, timeout_ms);

	lane->ahead = 0;
	if (r < 0) {
		lane_fail(lane, "the child that does the work is gone: %s", strerror(-r));
		return;
	}
	lane->state = state;
}

static void ask_after(const struct step *step, struct child_request *ret)
{
	const struct step_ops *ops = step_ops(step);

	(ops->look_after ? ops->look_after : ops->look)(step, ret);
}

void lane_look(struct lane *lane, enum lane_state state)
{
	const struct step *step = &lane_current(lane)->step;
	struct child_request request;

	if (state == LANE_VERIFYING)
		ask_after(step, &request);
	else
		step_ops(step)->look(step, &request);
	send(lane, &request, 1, state, step->deadline_ms);
}

bool lane_on_file(struct lane *lane)
{
	struct step *step = &lane_current(lane)->step;
	int r = 0;

	if (lane->filed)
		return true;
	if (lane->stop) {
		lane_finish(lane, DEED_SKIPPED);
		return false;
	}
	if (!lane->journal_child) {
		r = journal_child(lane->journal, &lane->child.id);
		lane->journal_child = r == 0;
	}
	if (r == 0 && lane->undoing)
		r = journal_mark(lane->journal, "undo", step->id);
	else if (r == 0)
		r = journal_intent(lane->journal, step);
	/* What is to be taken back is on file already: a full /run must not prevent it.
	 */
	if (r < 0 && !lane->undoing) {
		lane_fail(
			lane,
			"the journal cannot be written (%s): nothing is done without it",
			strerror(-r));
		return false;
	}
	lane->filed = true;
	return true;
}

/* The first look at what comes next on the same device goes along with a write. */
static void ask_ahead(struct lane *lane, struct child_request request[static CHILD_BATCH])
{
	size_t next = lane_find(lane, lane->at + 1);
	const struct step *step = next < lane->n ? &lane->deed[next].step : NULL;

	if (step && step_same_device(step, &lane_current(lane)->step))
		step_ops(step)->look(step, &request[lane->batch++]);
}

void lane_write(struct lane *lane, const char *instead)
{
	struct step_write write = {.seen = lane->seen};
	struct child_request request[CHILD_BATCH];
	const struct step *step = &lane_current(lane)->step;

	if (!step_ops(step)->write(step, &write)) {
		lane_finish(lane, DEED_ALREADY);
		return;
	}
	if (!lane_on_file(lane))
		return;
	act_request(&request[0], &write);
	if (instead)
		(void)snprintf(request[0].value, sizeof(request[0].value), "%s", instead);
	lane->or_else = instead ? NULL : write.or_else;
	/* The look at its effect goes along, unless something is to happen before it. */
	ask_after(step, &request[1]);
	lane->batch = lane->or_else || step->settle_ms ? 1 : 2;
	if (lane->batch > 1)
		ask_ahead(lane, request);
	send(lane, request, lane->batch, LANE_WRITING, step->deadline_ms);
}

void lane_guard(struct lane *lane)
{
	const struct step *step = &lane_current(lane)->step;
	const struct step_ops *ops = step_ops(step);
	struct child_request request;

	if (ops->spares_disks && ops->spares_disks(step)) {
		look_request(&request, LOOK_DISKS, "/sys/bus/pci/devices/%s",
			     BDF(&step->bdf));
	} else if (ops->spares_vfs && ops->spares_vfs(step)) {
		look_request(&request, LOOK_VFS_BUSY, "/sys/bus/pci/devices/%s",
			     BDF(&step->bdf));
	} else if (!ops->needs_idle || !ops->needs_idle(step, &request)) {
		lane_write(lane, NULL);
		return;
	}
	send(lane, &request, 1, LANE_GUARDING,
	     ops->spares_vfs || ops->spares_disks ? LIMIT_OPENERS_MS : LIMIT_READ_MS);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/lane.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/opener.h"
#include "host/device.h"
#include "host/sysfs.h"
#include "run/act.h"

static struct deed *current(struct lane *lane)
{
	return &lane->deed[lane->at];
}

static void finish(struct lane *lane, enum deed_state state)
{
	current(lane)->state = state;
	current(lane)->ms = (int)(clock_ms() - lane->started);
	lane->state = LANE_IDLE;
}

/* Notes why, and lets the other steps on the same device be. */
static _printf_(2, 3) void fail(struct lane *lane, const char *fmt, ...)
{
	const struct step step = current(lane)->step;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(current(lane)->text, sizeof(current(lane)->text), fmt, ap);
	va_end(ap);
	finish(lane, DEED_FAILED);
	lane->failed = true;
	for (size_t i = lane->at + 1; i < lane->n; i++)
		if (lane->deed[i].state == DEED_PLANNED &&
		    step_same_device(&lane->deed[i].step, &step))
			lane->deed[i].state = DEED_SKIPPED;
}

static void stuck(struct lane *lane)
{
	struct deed *d = current(lane);
	char stack[200];

	(void)proc_stack(lane->root, lane->child.id.pid, stack, sizeof(stack));
	(void)snprintf(d->text, sizeof(d->text),
		       "stuck in the kernel for %lld s (process %d%s%s): look at "
		       "dmesg; it ends when the kernel lets go",
		       (long long)(clock_ms() - lane->started) / 1000,
		       (int)lane->child.id.pid, stack[0] ? ", in " : "", stack);
	finish(lane, DEED_STUCK);
	lane->failed = true;
	lane->state = LANE_ENDED;
	/* The whole lane shares what the kernel holds. */
	for (size_t i = 0; i < lane->n; i++)
		if (lane->deed[i].state == DEED_PLANNED &&
		    lane->deed[i].step.lane == lane->key)
			lane->deed[i].state = DEED_SKIPPED;
}

static void send(struct lane *lane, const struct child_request *request, unsigned n,
		 enum lane_state state, int timeout_ms)
{
	int r = child_send(&lane->child, request, n, timeout_ms);

	lane->ahead = 0;
	if (r < 0) {
		fail(lane, "the child that does the work is gone: %s", strerror(-r));
		return;
	}
	lane->state = state;
}

static void ask_after(const struct step *step, struct child_request *ret)
{
	const struct step_ops *ops = step_ops(step);

	(ops->look_after ? ops->look_after : ops->look)(step, ret);
}

static void look(struct lane *lane, enum lane_state state)
{
	const struct step *step = &current(lane)->step;
	struct child_request request;

	if (state == LANE_VERIFYING)
		ask_after(step, &request);
	else
		step_ops(step)->look(step, &request);
	send(lane, &request, 1, state, step->deadline_ms);
}

static bool have_child(struct lane *lane)
{
	struct err err;

	if (lane->child.id.pid > 0)
		return true;
	if (child_spawn(&lane->child, lane->root, act_handle, &err) == 0)
		return true;
	lane->child = CHILD_NONE;
	fail(lane, "%s", err.msg);
	return false;
}

/* The first one from @at on that is still to be done; lane->n: none. */
static size_t find_planned(const struct lane *lane, size_t at)
{
	while (at < lane->n && (lane->deed[at].state != DEED_PLANNED ||
				lane->deed[at].step.lane != lane->key))
		at++;
	return at;
}

const struct deed *lane_next(struct lane *lane)
{
	lane->at = find_planned(lane, lane->at);
	if (lane->at < lane->n)
		return current(lane);
	lane->state = LANE_ENDED;
	child_dismiss(&lane->child); /* it ends while others still work */
	return NULL;
}

static bool on_file(struct lane *lane)
{
	struct step *step = &current(lane)->step;
	int r = 0;

	if (lane->filed)
		return true;
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
		fail(lane,
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
	size_t next = find_planned(lane, lane->at + 1);
	const struct step *step = next < lane->n ? &lane->deed[next].step : NULL;

	if (step && step_same_device(step, &current(lane)->step))
		step_ops(step)->look(step, &request[lane->batch++]);
}

/* @instead: the kernel did not take the value, and the step knows another one. */
static void write_it(struct lane *lane, const char *instead)
{
	struct step_write write = {.seen = lane->seen};
	struct child_request request[CHILD_BATCH];
	const struct step *step = &current(lane)->step;

	if (!step_ops(step)->write(step, &write)) {
		finish(lane, DEED_ALREADY);
		return;
	}
	if (!on_file(lane))
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

static void guard(struct lane *lane)
{
	const struct step *step = &current(lane)->step;
	const struct step_ops *ops = step_ops(step);
	struct child_request request;

	if (ops->spares_disks) {
		look_request(&request, LOOK_DISKS, "/sys/bus/pci/devices/%s",
			     BDF(&step->bdf));
	} else if (ops->spares_vfs && ops->spares_vfs(step)) {
		look_request(&request, LOOK_VFS_BUSY, "/sys/bus/pci/devices/%s",
			     BDF(&step->bdf));
	} else if (!ops->needs_idle || !ops->needs_idle(step, &request)) {
		write_it(lane, NULL);
		return;
	}
	send(lane, &request, 1, LANE_GUARDING,
	     ops->spares_vfs ? LIMIT_OPENERS_MS : LIMIT_READ_MS);
}

static void undone(struct lane *lane, enum deed_state state)
{
	if (journal_mark(lane->journal, "undone", current(lane)->step.id) < 0)
		(void)0; /* the next run looks again and finds it so */
	finish(lane, state);
}

/* A device that was unplugged, or a virtual function whose card made it go. */
static bool is_gone(struct lane *lane)
{
	/* A parent that is gone has taken its mediated devices with it, and one that is
	 * no PCI device has no address. */
	if (!lane->undoing || current(lane)->step.kind == STEP_REMOVE ||
	    uuid_is_set(&current(lane)->step.mdev) ||
	    sysfs_exists(lane->root, DEVICE_ATTR(&current(lane)->step.bdf, "")))
		return false;
	(void)snprintf(current(lane)->text, sizeof(current(lane)->text),
		       "the device is gone: there is nothing to take back");
	undone(lane, DEED_LEFT);
	return true;
}

/*
 * What was removed is there again, and where it is to be. Killed before that, the next
 * run begins with taking all of it back: it would take our own override for the original.
 */
static void end_removal(struct lane *lane)
{
	for (size_t i = 0; i < lane->at; i++) {
		const struct step *s = &lane->deed[i].step;

		if (s->kind == STEP_REMOVE && s->id &&
		    bdf_equal(&s->bdf, &current(lane)->step.bdf) &&
		    journal_mark(lane->journal, "undone", s->id) < 0)
			return; /* the next run looks and finds it so */
	}
}

/* Its effect was seen; an intent without "done" is taken back all the same. */
static void done(struct lane *lane, enum deed_state state)
{
	const struct step *step = &current(lane)->step;

	if (journal_mark(lane->journal, "done", step->id) < 0) {
		fail(lane, "the journal cannot be written");
		return;
	}
	if (step->kind == STEP_BIND)
		end_removal(lane);
	finish(lane, state);
}

/* What is seen may become what is wanted by itself: then it looks again in a moment. */
static bool is_patient(struct lane *lane, const char *seen, bool written)
{
	const struct step *step = &current(lane)->step;
	const struct step_ops *ops = step_ops(step);
	/* What this run has made itself nobody has used yet. */
	int ms = ops->patience_ms && !current(lane)->rollback
			 ? ops->patience_ms(step, seen, written)
			 : 0;

	if (clock_ms() - lane->since >= ms)
		return false;
	lane->state = written ? LANE_SETTLING : LANE_PATIENT;
	lane->wake = clock_ms() + LIMIT_BUSY_POLL_MS;
	lane->busy_until = lane->wake + LIMIT_BUSY_MS;
	return true;
}

static void looked(struct lane *lane, const struct child_reply *reply)
{
	struct deed *d = current(lane);
	char why[STEP_WORDS];

	if (is_gone(lane))
		return;
	if (reply->result < 0) {
		fail(lane, "cannot look at it: %s", strerror(-reply->result));
		return;
	}
	(void)snprintf(lane->seen, sizeof(lane->seen), "%s", reply->value);
	switch (step_ops(&d->step)->judge(&d->step, reply->value, false)) {
	case STEP_GO:
		if (!lane->undoing && step_ops(&d->step)->learn)
			step_ops(&d->step)->learn(&d->step, reply->value);
		if (!is_patient(lane, reply->value, false))
			guard(lane);
		return;
	case STEP_REACHED:
		if (lane->undoing)
			undone(lane, DEED_ALREADY);
		else if (!step_ops(&d->step)->keeps)
			finish(lane, DEED_ALREADY);
		else if (on_file(lane))
			done(lane, DEED_ALREADY);
		return;
	case STEP_FOREIGN:
		if (!lane->undoing) {
			fail(lane, "%s",
			     step_explain(&d->step, reply->value, false, why));
			return;
		}
		if (step_ops(&d->step)->explains_left)
			(void)snprintf(d->text, sizeof(d->text), "%s",
				       step_explain(&d->step, reply->value, false, why));
		else
			(void)snprintf(d->text, sizeof(d->text),
				       "somebody else has set it to '%s' meanwhile: left "
				       "so",
				       reply->value);
		undone(lane, DEED_LEFT);
		return;
	}
}

void lane_begin(struct lane *lane)
{
	lane->started = clock_ms();
	lane->since = lane->started;
	lane->busy_until = lane->started + LIMIT_BUSY_MS;
	lane->undoing = current(lane)->step.direction == STEP_UNDO;
	lane->filed = false;
	if (!have_child(lane))
		return;
	if (lane->ahead && lane->ahead == lane->at)
		looked(lane, &lane->ahead_reply);
	else
		look(lane, LANE_LOOKING);
}

void lane_hold(struct lane *lane)
{
	lane->ahead = 0;
}

static void guarded(struct lane *lane, const struct child_reply *reply)
{
	const struct step *step = &current(lane)->step;
	char device[LIMIT_NAME + 32], who[96];

	if (reply->result < 0) {
		fail(lane, "cannot tell whether it (IOMMU group %d) is in use: %s",
		     step->group, strerror(-reply->result));
	} else if (!reply->value[0]) {
		write_it(lane, NULL);
	} else if (step_ops(step)->spares_disks || step_ops(step)->spares_vfs) {
		fail(lane, "%s", reply->value);
	} else if (clock_ms() >= lane->busy_until) {
		(void)snprintf(device, sizeof(device), "/dev/vfio/%d", step->group);
		if (reply->value[0] == '/')
			(void)snprintf(device, sizeof(device), "%s", reply->value);
		(void)opener_first(lane->root, device, who, sizeof(who));
		fail(lane, "still in use after %d s: %s has %s open",
		     LIMIT_BUSY_MS / 1000, who[0] ? who : "somebody", device);
	} else {
		lane->state = LANE_WAITING;
		lane->wake = clock_ms() + LIMIT_BUSY_POLL_MS;
	}
}

/* It failed, and left nothing behind: the next deed does the same elsewhere. */
static void pass_on(struct lane *lane)
{
	struct deed *d = current(lane);

	(void)snprintf(d->text, sizeof(d->text), "%s (errno %d): the next one is tried",
		       step_errno_words(&d->step, -lane->write_result),
		       -lane->write_result);
	undone(lane, DEED_LEFT);
}

/* The driver's own users are still going: the write is tried again, for a while. */
static bool tries_again(struct lane *lane)
{
	int code = step_ops(&current(lane)->step)->again;

	if (!code || lane->write_result != -code || clock_ms() >= lane->busy_until)
		return false;
	lane->state = LANE_WAITING;
	lane->wake = clock_ms() + LIMIT_AGAIN_MS;
	return true;
}

static void verified(struct lane *lane, const struct child_reply *reply)
{
	struct deed *d = current(lane);
	const struct step_ops *ops = step_ops(&d->step);
	int written = lane->write_result;
	char why[STEP_WORDS];
	bool reached = reply->result == 0 &&
		       ops->judge(&d->step, reply->value, written == 0) == STEP_REACHED;

	if (reached && ops->tells && ops->tells(&d->step, reply->value))
		(void)snprintf(d->text, sizeof(d->text), "%s",
			       step_explain(&d->step, reply->value, true, why));
	if (reached && lane->undoing) {
		undone(lane, DEED_DONE);
	} else if (reached) {
		done(lane, DEED_DONE);
	} else if (written < 0 && !lane->undoing && ops->tolerates &&
		   ops->tolerates(&d->step, -written)) {
		(void)snprintf(d->text, sizeof(d->text), "%s: it is left as it was",
			       step_errno_words(&d->step, -written));
		undone(lane, DEED_LEFT);
	} else if (written < 0 && d->step.spare && reply->result == 0 &&
		   !reply->value[0]) {
		pass_on(lane);
	} else if (written == 0 && reply->result == 0 &&
		   is_patient(lane, reply->value, true)) {
		return;
	} else if (!tries_again(lane)) {
		if (journal_mark(lane->journal, "failed", d->step.id) < 0)
			(void)0; /* an intent alone says as much */
		if (written < 0)
			fail(lane, "%s (errno %d)", step_errno_words(&d->step, -written),
			     -written);
		else if (reply->result < 0)
			fail(lane, "written, but it cannot be looked at: %s",
			     strerror(-reply->result));
		else
			fail(lane, "%s", step_explain(&d->step, reply->value, true, why));
	}
}

/* @reply: of the write, and of the looks that went along. */
static void wrote(struct lane *lane, const struct child_reply reply[static CHILD_BATCH])
{
	int settle_ms = current(lane)->step.settle_ms;

	lane->write_result = reply[0].result;
	lane->since = clock_ms();
	if (lane->batch > 2) {
		lane->ahead = find_planned(lane, lane->at + 1);
		lane->ahead_reply = reply[2];
	}
	if (lane->batch > 1) {
		verified(lane, &reply[1]);
	} else if (lane->write_result == -EINVAL && lane->or_else) {
		write_it(lane, lane->or_else);
	} else if (lane->write_result == 0 && settle_ms) {
		lane->state = LANE_SETTLING;
		lane->wake = clock_ms() + settle_ms;
	} else {
		look(lane, LANE_VERIFYING);
	}
}

void lane_reply(struct lane *lane)
{
	struct child_reply reply[CHILD_BATCH];

	if (child_receive(&lane->child, reply) < 0) {
		fail(lane, "the child that does the work died");
		child_end(&lane->child);
		lane->journal_child = false;
		return;
	}
	switch (lane->state) {
	case LANE_LOOKING:
		looked(lane, reply);
		return;
	case LANE_GUARDING:
		guarded(lane, reply);
		return;
	case LANE_WRITING:
		wrote(lane, reply);
		return;
	case LANE_VERIFYING:
		verified(lane, reply);
		return;
	case LANE_IDLE:
	case LANE_WAITING:
	case LANE_PATIENT:
	case LANE_SETTLING:
	case LANE_ENDED:
		return;
	}
}

void lane_stop(struct lane *lane)
{
	if (lane->state == LANE_WAITING || lane->state == LANE_PATIENT)
		finish(lane, DEED_SKIPPED);
}

void lane_tick(struct lane *lane, int64_t now)
{
	if (lane_is_waiting(lane) && now >= lane->child.deadline)
		stuck(lane);
	else if (lane->state == LANE_WAITING && now >= lane->wake)
		guard(lane);
	else if (lane->state == LANE_PATIENT && now >= lane->wake)
		look(lane, LANE_LOOKING);
	else if (lane->state == LANE_SETTLING && now >= lane->wake)
		look(lane, LANE_VERIFYING);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/lane-work.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/opener.h"
#include "host/device.h"
#include "host/sysfs.h"

static void undone(struct lane *lane, enum deed_state state)
{
	if (journal_mark(lane->journal, "undone", lane_current(lane)->step.id) < 0)
		(void)0; /* the next run looks again and finds it so */
	lane_finish(lane, state);
}

/* A device that was unplugged, or a virtual function whose card made it go. */
static bool is_gone(struct lane *lane)
{
	/* A parent that is gone has taken its mediated devices with it, and one that is
	 * no PCI device has no address. */
	if (!lane->undoing || lane_current(lane)->step.kind == STEP_REMOVE ||
	    uuid_is_set(&lane_current(lane)->step.mdev) ||
	    sysfs_exists(lane->root, DEVICE_ATTR(&lane_current(lane)->step.bdf, "")))
		return false;
	(void)snprintf(lane_current(lane)->text, sizeof(lane_current(lane)->text),
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
		    bdf_equal(&s->bdf, &lane_current(lane)->step.bdf) &&
		    journal_mark(lane->journal, "undone", s->id) < 0)
			return; /* the next run looks and finds it so */
	}
}

/* Its effect was seen; an intent without "done" is taken back all the same. */
static void done(struct lane *lane, enum deed_state state)
{
	const struct step *step = &lane_current(lane)->step;

	if (journal_mark(lane->journal, "done", step->id) < 0) {
		lane_fail(lane, "the journal cannot be written");
		return;
	}
	if (step->kind == STEP_BIND)
		end_removal(lane);
	lane_finish(lane, state);
}

/* What is seen may become what is wanted by itself: then it looks again in a moment. */
static bool is_patient(struct lane *lane, const char *seen, bool written)
{
	const struct step *step = &lane_current(lane)->step;
	const struct step_ops *ops = step_ops(step);
	/* What this run has made itself nobody has used yet. */
	int ms = ops->patience_ms && !lane_current(lane)->rollback
			 ? ops->patience_ms(step, seen, written)
			 : 0;

	if (clock_ms() - lane->since >= ms)
		return false;
	lane->state = written ? LANE_SETTLING : LANE_PATIENT;
	lane->wake = clock_ms() + LIMIT_BUSY_POLL_MS;
	lane->busy_until = lane->wake + LIMIT_BUSY_MS;
	return true;
}

void lane_looked(struct lane *lane, const struct child_reply *reply)
{
	struct deed *d = lane_current(lane);
	char why[STEP_WORDS];

	if (is_gone(lane))
		return;
	if (reply->result < 0) {
		lane_fail(lane, "cannot look at it: %s", strerror(-reply->result));
		return;
	}
	(void)snprintf(lane->seen, sizeof(lane->seen), "%s", reply->value);
	switch (step_ops(&d->step)->judge(&d->step, reply->value, false)) {
	case STEP_GO:
		if (!lane->undoing && step_ops(&d->step)->learn)
			step_ops(&d->step)->learn(&d->step, reply->value);
		if (!is_patient(lane, reply->value, false))
			lane_guard(lane);
		return;
	case STEP_REACHED:
		if (lane->undoing)
			undone(lane, DEED_ALREADY);
		else if (!step_ops(&d->step)->keeps)
			lane_finish(lane, DEED_ALREADY);
		else if (lane_on_file(lane))
			done(lane, DEED_ALREADY);
		return;
	case STEP_FOREIGN:
		if (!lane->undoing) {
			lane_fail(lane, "%s",
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

static void guarded(struct lane *lane, const struct child_reply *reply)
{
	const struct step *step = &lane_current(lane)->step;
	char device[LIMIT_NAME + 32], who[96];

	if (reply->result < 0) {
		lane_fail(lane, "cannot tell whether it (IOMMU group %d) is in use: %s",
			  step->group, strerror(-reply->result));
	} else if (!reply->value[0]) {
		lane_write(lane, NULL);
	} else if (step_ops(step)->spares_disks || step_ops(step)->spares_vfs) {
		lane_fail(lane, "%s", reply->value);
	} else if (clock_ms() >= lane->busy_until) {
		(void)snprintf(device, sizeof(device), "/dev/vfio/%d", step->group);
		if (reply->value[0] == '/')
			(void)snprintf(device, sizeof(device), "%s", reply->value);
		(void)opener_first(lane->root, device, who, sizeof(who));
		lane_fail(lane, "still in use after %d s: %s has %s open",
			  LIMIT_BUSY_MS / 1000, who[0] ? who : "somebody", device);
	} else {
		lane->state = LANE_WAITING;
		lane->wake = clock_ms() + LIMIT_BUSY_POLL_MS;
	}
}

/* It failed, and left nothing behind: the next deed does the same elsewhere. */
static void pass_on(struct lane *lane)
{
	struct deed *d = lane_current(lane);

	(void)snprintf(d->text, sizeof(d->text), "%s (errno %d): the next one is tried",
		       step_errno_words(&d->step, -lane->write_result),
		       -lane->write_result);
	undone(lane, DEED_LEFT);
}

/* The driver's own users are still going: the write is tried again, for a while. */
static bool tries_again(struct lane *lane)
{
	int code = step_ops(&lane_current(lane)->step)->again;

	if (!code || lane->write_result != -code || clock_ms() >= lane->busy_until)
		return false;
	lane->state = LANE_WAITING;
	lane->wake = clock_ms() + LIMIT_AGAIN_MS;
	return true;
}

static void verified(struct lane *lane, const struct child_reply *reply)
{
	struct deed *d = lane_current(lane);
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
			lane_fail(lane, "%s (errno %d)",
				  step_errno_words(&d->step, -written), -written);
		else if (reply->result < 0)
			lane_fail(lane, "written, but it cannot be looked at: %s",
				  strerror(-reply->result));
		else
			lane_fail(lane, "%s",
				  step_explain(&d->step, reply->value, true, why));
	}
}

/* @reply: of the write, and of the looks that went along. */
static void wrote(struct lane *lane, const struct child_reply reply[static CHILD_BATCH])
{
	int settle_ms = lane_current(lane)->step.settle_ms;

	lane->write_result = reply[0].result;
	lane->since = clock_ms();
	if (lane->batch > 2) {
		lane->ahead = lane_find(lane, lane->at + 1);
		lane->ahead_reply = reply[2];
	}
	if (lane->batch > 1) {
		verified(lane, &reply[1]);
	} else if (lane->write_result == -EINVAL && lane->or_else) {
		lane_write(lane, lane->or_else);
	} else if (lane->write_result == 0 && settle_ms) {
		lane->state = LANE_SETTLING;
		lane->wake = clock_ms() + settle_ms;
	} else {
		lane_look(lane, LANE_VERIFYING);
	}
}

void lane_reply(struct lane *lane)
{
	struct child_reply reply[CHILD_BATCH];

	if (child_receive(&lane->child, reply) < 0) {
		lane_fail(lane, "the child that does the work died");
		child_end(&lane->child);
		lane->journal_child = false;
		return;
	}
	switch (lane->state) {
	case LANE_LOOKING:
		lane_looked(lane, reply);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/engine.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/progress.h"
#include "run/lane.h"

struct engine {
	struct lane *lane;   /* one a key */
	struct pollfd *poll; /* the signals, then the lanes */
	size_t lanes;
	struct cancel *cancel;
	struct deed *deed;
	size_t n;
	/* Not NULL: one device is nothing to the others. */
	const struct engine_watch *apart;
	bool told; /* that a signal is heeded */
};

static int make_lanes(struct engine *e, const struct root *root, struct journal *journal)
{
	for (size_t i = 0; i < e->n; i++) {
		size_t l = 0;

		while (l < e->lanes && e->lane[l].key != e->deed[i].step.lane)
			l++;
		if (l < e->lanes)
			continue;
		e->lane[e->lanes++] = (struct lane){.root = root,
						    .journal = journal,
						    .key = e->deed[i].step.lane,
						    .deed = e->deed,
						    .n = e->n,
						    .child = CHILD_NONE};
	}
	/* Taking back adds no step to the journal: it must be possible in a full one. */
	return e->deed[0].step.direction == STEP_DO ? journal_reserve(journal, e->n) : 0;
}

static bool stopped(const struct engine *e)
{
	if (e->deed[0].step.direction == STEP_UNDO)
		return false;
	if (e->cancel && e->cancel->asked)
		return true;
	for (size_t i = 0; !e->apart && i < e->lanes; i++)
		if (e->lane[i].failed)
			return true;
	return false;
}

/* True if nothing new is to be done, which the lanes then know. */
static bool halt(struct engine *e)
{
	if (!stopped(e))
		return false;
	for (size_t i = 0; i < e->lanes; i++)
		lane_stop(&e->lane[i]);
	return true;
}

/* What comes before drivers is for all; the rest is for all of the same bus. */
static bool concerns(const struct step *first, const struct step *then)
{
	return first->stage < STAGE_DRIVERS ||
	       (first->bdf.domain == then->bdf.domain && first->bdf.bus == then->bdf.bus);
}

/*
 * True if what has to be over before @d is over: the earlier stages on its bus, so that
 * no reset meets a neighbour that is still bound. Other buses need not be waited for.
 */
static bool may_begin(const struct engine *e, const struct deed *d)
{
	for (size_t i = 0; !e->apart && i < e->n; i++) {
		const struct deed *first = &e->deed[i];

		if (first->state == DEED_PLANNED && first->step.stage < d->step.stage &&
		    concerns(&first->step, &d->step))
			return false;
	}
	return true;
}

static int timeout_ms(const struct engine *e)
{
	int64_t due = INT64_MAX, now = clock_ms();

	for (size_t i = 0; i < e->lanes; i++)
		if (lane_due(&e->lane[i]) < due)
			due = lane_due(&e->lane[i]);
	if (due == INT64_MAX)
		return -1;
	return due > now ? (int)(due - now) : 0;
}

static void wait_for_any(struct engine *e)
{
	e->poll[0] =
		(struct pollfd){.fd = e->cancel ? e->cancel->fd : -1, .events = POLLIN};
	for (size_t i = 0; i < e->lanes; i++)
		e->poll[i + 1] = (struct pollfd){
			.fd = lane_is_waiting(&e->lane[i]) ? e->lane[i].child.fd : -1,
			.events = POLLIN,
		};
	if (poll(e->poll, e->lanes + 1, timeout_ms(e)) < 0)
		return; /* EINTR: look at the clock, then again */
	if (e->poll[0].revents)
		(void)cancel_asked(e->cancel);
	/* What one answers may be what stops the next. */
	for (size_t i = 0; i < e->lanes; i++) {
		if (!e->poll[i + 1].revents)
			continue;
		(void)halt(e);
		lane_reply(&e->lane[i]);
	}
}

/* Begins what may begin. */
static void advance(struct engine *e)
{
	bool stop = halt(e);

	for (size_t i = 0; i < e->lanes; i++) {
		struct lane *lane = &e->lane[i];
		const struct deed *next;

		while (!stop && lane->state == LANE_IDLE && (next = lane_next(lane))) {
			if (!may_begin(e, next)) {
				lane_hold(lane);
				break;
			}
			lane_begin(lane);
			stop = halt(e);
		}
	}
}

static bool is_active(const struct engine *e)
{
	for (size_t i = 0; i < e->lanes; i++)
		if (lane_is_active(&e->lane[i]))
			return true;
	return false;
}

/* Who has sent a signal sees what it still waits for. */
static void tell_interrupted(struct engine *e)
{
	if (e->told || !e->cancel || !e->cancel->asked || !is_active(e))
		return;
	e->told = true;
	progress("interrupted: what is under way comes to its end first");
	for (size_t i = 0; i < e->lanes; i++)
		if (lane_is_active(&e->lane[i]))
			lane_tell(&e->lane[i]);
}

static void run(struct engine *e)
{
	if (e->cancel)
		(void)cancel_asked(e->cancel);
	for (advance(e); is_active(e); advance(e)) {
		int64_t now;

		wait_for_any(e);
		now = clock_ms();
		for (size_t i = 0; i < e->lanes; i++) {
			(void)halt(e);
			lane_tick(&e->lane[i], now);
		}
		tell_interrupted(e);
		if (e->apart)
			e->apart->moved(e->apart->context);
	}
}

static int verdict(const struct engine *e, struct err *err)
{
	for (size_t i = 0; i < e->n; i++) {
		struct deed *d = &e->deed[i];

		if (d->state == DEED_PLANNED)
			d->state = DEED_SKIPPED;
	}
	for (size_t i = 0; i < e->n; i++) {
		const struct deed *d = &e->deed[i];

		if (d->state == DEED_FAILED || d->state == DEED_STUCK)
			return deed_error(d, err);
	}
	return e->cancel && cancel_asked(e->cancel) ? err_set(err, EINTR, "interrupted")
						    : 0;
}

static int run_lanes(struct engine *e, const struct root *root, struct journal *journal,
		     struct err *err)
{
	_cleanup_free_ struct lane *lane = calloc(e->n + 1, sizeof(*lane));
	_cleanup_free_ struct pollfd *polls = calloc(e->n + 1, sizeof(*polls));
	int r;

	if (!e->n)
		return 0;
	e->lane = lane;
	e->poll = polls;
	r = lane && polls ? make_lanes(e, root, journal) : -ENOMEM;
	if (r < 0)
		return err_set(err, -r, "cannot begin: %s", strerror(-r));
	run(e);
	/* All are asked to end before the first is waited for. */
	for (size_t i = 0; i < e->lanes; i++)
		child_dismiss(&lane[i].child);
	for (size_t i = 0; i < e->lanes; i++)
		lane_end(&lane[i]);
	return verdict(e, err);
}

int engine_run(const struct root *root, struct journal *journal, struct deed *deed,
	       size_t n, struct cancel *cancel, struct err *err)
{
	struct engine e = {.cancel = cancel, .deed = deed, .n = n};

	return run_lanes(&e, root, journal, err);
}

int engine_run_apart(const struct root *root, struct journal *journal, struct deed *deed,
		     size_t n, struct cancel *cancel, const struct engine_watch *watch,
		     struct err *err)
{
	struct engine e = {.cancel = cancel, .deed = deed, .n = n, .apart = watch};

	return run_lanes(&e, root, journal, err);
}

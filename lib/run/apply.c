/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/apply.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "run/apply-work.h"
#include "run/mapping-note.h"
#include "run/undo.h"

struct run {
	struct session session;
	struct work *work;
	size_t n;
	int64_t begin;
};

/* What is to be done to all, one after the other in one list for the engine. */
static int gather(const struct run *run, struct deeds *ret)
{
	int r = 0;

	for (size_t i = 0; i < run->n; i++) {
		const struct deeds *of = &run->work[i].outcome->deeds;

		for (size_t k = run->work[i].first; r == 0 && k < of->n; k++)
			r = deeds_add(ret, &of->item[k].step, of->item[k].rollback);
	}
	return r;
}

/* Each has what became of its own. */
static void hand_out(const struct run *run, const struct deeds *deeds)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n; i++) {
		struct deeds *of = &run->work[i].outcome->deeds;

		for (size_t k = run->work[i].first; n < deeds->n && k < of->n; k++)
			of->item[k] = deeds->item[n++];
	}
}

/* The kernel still works on it, or on its IOMMU group: that would hold up the next write
 * as well. */
static bool is_stuck(const struct work *w, const struct deeds *deeds)
{
	int group = w->plan.holds ? w->plan.hold[0].group : -1;

	for (size_t i = 0; i < deeds->n; i++) {
		const struct step *s = &deeds->item[i].step;

		if (deeds->item[i].state == DEED_STUCK &&
		    (bdf_equal(&s->bdf, &w->apply->bdf) ||
		     (group >= 0 && s->group == group)))
			return true;
	}
	return false;
}

/* What was to be done to it and was not; NULL: all was. */
static const struct deed *trouble(const struct work *w)
{
	const struct deeds *deeds = &w->outcome->deeds;
	const struct deed *skipped = NULL;

	for (size_t i = w->first; i < deeds->n; i++) {
		const struct deed *d = &deeds->item[i];

		if (d->state == DEED_FAILED || d->state == DEED_STUCK)
			return d;
		if (d->state == DEED_SKIPPED || d->state == DEED_PLANNED)
			skipped = d;
	}
	return skipped;
}

/* @ran: what the engine said of all, with words in @why. */
static void say_why(struct work *w, const struct deed *d, int ran, const struct err *why)
{
	if (d->state == DEED_FAILED || d->state == DEED_STUCK)
		(void)deed_error(d, &w->why);
	else if (w->session->cancel.asked)
		(void)err_set(&w->why, EINTR, "interrupted");
	else if (ran != -EIO) /* it could not begin */
		w->why = *why;
	else
		(void)err_set(&w->why, EBUSY,
			      "%s: nothing was done: another device of its IOMMU group "
			      "is stuck in the kernel",
			      BDF(&w->apply->bdf));
}

/* Adds what takes back those that failed. */
static int undo_failed(const struct run *run, const struct deeds *done)
{
	int r = 0;

	for (size_t i = 0; i < run->n; i++) {
		struct work *w = &run->work[i];

		w->first = w->outcome->deeds.n;
		if (r == 0 && w->failed && !is_stuck(w, done))
			r = work_undo(w, true, &w->outcome->deeds);
	}
	return r;
}

/* Takes back what was done to those that failed, side by side as well. */
static void roll_back(const struct run *run, const struct deeds *done)
{
	_cleanup_(deeds_free) struct deeds deeds = {0};
	const struct session *s = &run->session;
	int r = undo_failed(run, done);
	struct err err;

	if (r == 0)
		r = gather(run, &deeds);
	if (r == 0)
		r = engine_run(s->root, s->journal, deeds.item, deeds.n, NULL, &err);
	hand_out(run, &deeds);
	for (size_t i = 0; i < run->n; i++) {
		struct work *w = &run->work[i];
		bool left;

		if (!w->failed)
			continue;
		/* -EIO: whose failure it is, is in the deeds. */
		left = (r < 0 && r != -EIO) || trouble(w) ||
		       (is_stuck(w, done) && work_is_left(w));
		work_end(w, left ? EXIT_CODE_LEFT : EXIT_CODE_REFUSED, &w->why);
	}
}

struct round {
	const struct run *run;
	const struct deeds *deeds;
};

/* What is done is its next user's, however long the others take. */
static void let_go(void *context)
{
	const struct round *round = context;

	hand_out(round->run, round->deeds);
	for (size_t i = 0; i < round->run->n; i++) {
		struct work *w = &round->run->work[i];

		if (w->state != WORK_READY || !w->claimed || trouble(w))
			continue;
		w->claimed = work_forget(w) < 0;
		w->outcome->ms = (int)(clock_ms() - round->run->begin);
	}
}

/* What is ready, in lanes side by side. */
static void carry_out(const struct run *run, struct cancel *cancel)
{
	_cleanup_(deeds_free) struct deeds deeds = {0};
	struct round round = {run, &deeds};
	const struct engine_watch watch = {let_go, &round};
	const struct session *s = &run->session;
	struct err err;
	int r = gather(run, &deeds);

	if (r == 0)
		r = engine_run_apart(s->root, s->journal, deeds.item, deeds.n, cancel,
				     &watch, &err);
	else
		(void)err_set(&err, -r, "out of memory");
	hand_out(run, &deeds);
	for (size_t i = 0; i < run->n; i++) {
		struct work *w = &run->work[i];
		const struct deed *d = w->state == WORK_READY ? trouble(w) : NULL;

		w->failed = d;
		if (d)
			say_why(w, d, r, &err);
	}
	roll_back(run, &deeds);
	for (size_t i = 0; i < run->n; i++)
		if (run->work[i].state == WORK_READY)
			work_end(&run->work[i], EXIT_CODE_DONE, NULL);
}

static bool any(const struct run *run, enum work_state state)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->work[i].state == state)
			return true;
	return false;
}

static void end_waiting(const struct run *run, enum exit_code code, const struct err *err)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->work[i].state == WORK_WAITS)
			work_end(&run->work[i], code, err);
}

/* Serves who can be served, then waits for the rest, bounded. */
static void serve(struct run *run)
{
	struct session *s = &run->session;
	struct err err;
	int r = 0;

	while (r == 0 && any(run, WORK_WAITS)) {
		for (size_t i = 0; i < run->n; i++)
			if (run->work[i].state == WORK_WAITS)
				work_prepare(&run->work[i], run->begin);
		if (any(run, WORK_READY)) {
			session_unlock(s); /* nothing is written under it */
			carry_out(run, &s->cancel);
			r = any(run, WORK_WAITS) ? session_relock(s, &err) : 0;
		} else if (any(run, WORK_WAITS)) {
			r = session_pause(s, LIMIT_PASSING_POLL_MS, &err);
		}
	}
	if (r < 0)
		end_waiting(run, EXIT_CODE_BUSY, &err);
}

/* The journal told others what is under way; what was done is to stay. What could not be
 * taken back is the sweep's. */
static void end_journal(const struct run *run)
{
	struct journal *j = run->session.journal;

	for (size_t i = 0; i < run->n; i++) {
		struct work *w = &run->work[i];

		if (w->claimed && w->outcome->exit != EXIT_CODE_LEFT)
			(void)!work_forget(w);
		if (!w->apply->declared && w->outcome->exit == EXIT_CODE_DONE)
			mapping_note(run->session.root, NULL, &w->facts->pfs,
				     &w->outcome->warnings);
	}
	if (journal_end(j) < 0)
		notes_add(&run->work[0].outcome->warnings, "%s: cannot be removed",
			  JOURNAL_FOLDER);
}

static void run_all(struct run *run)
{
	struct err err = {0};
	int r = session_begin(&run->session, true, &err);

	if (r < 0) {
		end_waiting(run,
			    r == -EBUSY || r == -EINTR ? EXIT_CODE_BUSY
						       : EXIT_CODE_REFUSED,
			    &err);
		return;
	}
	serve(run);
	if (!run->session.request->dry)
		end_journal(run);
}

void apply_run(const struct apply *apply, size_t n, struct outcome *ret)
{
	const struct request request = {
		.root = apply->root,
		.scope = apply->declared ? SCOPE_REBIND : SCOPE_SRIOV,
		.dry = apply->dry,
	};
	_cleanup_free_ struct work *work = calloc(n, sizeof(*work));
	struct run run = {
		.session = {.request = &request,
			    .root = apply->root,
			    .outcome = ret,
			    .cancel = CANCEL_NONE,
			    .lock = -1,
			    .patience_ms = LIMIT_LOCK_MS,
			    .apart = true},
		.work = work,
		.n = work ? n : 0,
		.begin = clock_ms(),
	};

	for (size_t i = 0; i < n; i++)
		ret[i] = (struct outcome){.what = apply[i].what,
					  .dry = apply[i].dry,
					  .exit = EXIT_CODE_REFUSED};
	if (!run.n)
		return;
	for (size_t i = 0; i < run.n; i++)
		work[i] = (struct work){
			.apply = &apply[i], .session = &run.session, .outcome = &ret[i]};
	run_all(&run);
	session_end(&run.session);
	for (size_t i = 0; i < run.n; i++) {
		work[i].facts = facts_free(work[i].facts);
		plan_free(&work[i].plan);
		if (!ret[i].ms)
			ret[i].ms = (int)(clock_ms() - run.begin);
	}
}

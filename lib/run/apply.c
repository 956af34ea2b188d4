/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/apply.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "plan/gate.h"
#include "run/claims.h"
#include "run/machine.h"
#include "run/mapping-note.h"
#include "run/reservation.h"
#include "run/session.h"
#include "run/undo.h"

struct work {
	const struct apply *apply;
	struct session *session;
	struct facts *facts;
	struct plan plan;
};

static void work_free(struct work *w)
{
	w->facts = facts_free(w->facts);
	plan_free(&w->plan);
}

/* The journal may tell of other devices, too, that an earlier run is stuck on, or was cut
 * off at. */
static bool is_mine(const struct work *w, const struct journal_hold *h)
{
	return h->open && bdf_equal(&h->hold.bdf, &w->apply->bdf);
}

/* What was done is to stay, whoever did it. */
static int forget(struct work *w)
{
	struct journal *j = w->session->journal;
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->holds; i++)
		if (is_mine(w, &j->hold[i]))
			r = journal_close(j, &j->hold[i].hold);
	return r;
}

/* As many as are wanted, and probed as is wanted, if it has any. */
static bool is_lacking(const struct pf *pf)
{
	unsigned want = pf_wanted(pf);
	const struct wish *wish = pf->policy ? &pf->policy->wish : NULL;

	if (want != pf->device.vfs)
		return true;
	return want && wish && wish_has(wish, KEY_AUTOPROBE) && pf->autoprobe[0] &&
	       (pf->autoprobe[0] == '1') != wish->autoprobe;
}

static int find_pf(struct work *w, struct err *err)
{
	struct pfs *pfs = &w->facts->pfs;
	struct pf *pf;
	int r;

	pfs->root = w->session->root;
	pfs->spec = w->apply->spec;
	r = pfs_declared(pfs);
	if (r < 0)
		return err_set(err, -r, "/sys/bus/pci/devices: %s", strerror(-r));
	pf = pfs_at(pfs, &w->apply->bdf);
	if (!pf)
		return err_set(err, ENODEV,
			       "%s can have no virtual functions (hostpci sriov list "
			       "shows those that can)",
			       BDF(&w->apply->bdf));
	pf->vfs = w->apply->vfs;
	pf->needed = pf->lacking = is_lacking(pf);
	w->facts->iommu = true; /* it is not asked for here */
	return 0;
}

/* A machine that has it, or keeps it, gives it back to what it found. */
static bool is_lent(const struct work *w, const struct claim *claim)
{
	if (!claim || !claim->vmid || uuid_is_set(&claim->mdev) ||
	    claim->kind == CLAIM_DAMAGED || claim->kind == CLAIM_SHARED)
		return false;
	notes_add(&w->session->outcome->notes,
		  "%s is to have driver %s: it is left alone, VM %u has it",
		  BDF(&w->apply->bdf), w->apply->declared->driver, claim->vmid);
	return true;
}

static int find_device(struct work *w, struct err *err)
{
	const struct apply *a = w->apply;
	struct device device;
	int r = device_read(a->root, &a->bdf, &device);

	if (r < 0)
		return err_set(err, -r, "%s: %s", BDF(&a->bdf), strerror(-r));
	if (!strcmp(device.driver, a->declared->driver)) {
		if (a->dry)
			notes_add(&w->session->outcome->notes, "%s has driver %s",
				  BDF(&a->bdf), a->declared->driver);
		return 0;
	}
	if (is_lent(w, facts_claim(w->facts, &a->bdf)))
		return 0;
	return facts_declare(a->root, &a->bdf, a->declared, w->facts, err);
}

static int look(struct work *w, struct err *err)
{
	const struct root *root = w->session->root;
	struct outcome *o = w->session->outcome;
	int r;

	w->facts = facts_free(w->facts);
	w->facts = facts_new();
	if (!w->facts)
		return err_set(err, ENOMEM, "out of memory");
	r = claims_gather(root, 0, w->facts, &o->warnings, err);
	if (r == 0)
		r = reservation_gather(root, 0, w->facts, err);
	if (r == 0)
		r = w->apply->declared ? find_device(w, err) : find_pf(w, err);
	if (r < 0)
		return r;
	claims_mark_passing(root, w->facts);
	r = facts_look(root, w->apply->spec, w->facts, err);
	findings_free(&o->findings);
	if (r == 0)
		gate_check(w->apply->spec, w->facts, &o->findings);
	return r;
}

static bool passes(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->item[i].grade != GRADE_TELL && !findings->item[i].passing)
			return false;
	return true;
}

/* Looks, and waits for who is just going; 0, or an exit code. */
static int judge_host(struct work *w, struct err *err)
{
	struct session *s = w->session;
	int64_t begin = clock_ms();
	int r;

	for (;;) {
		r = look(w, err);
		if (r < 0)
			return session_fail(s, EXIT_CODE_REFUSED, err);
		if (!s->outcome->findings.refused)
			return 0;
		if (w->apply->dry || !passes(&s->outcome->findings) ||
		    clock_ms() - begin > LIMIT_PASSING_MS)
			return outcome_exit(s->outcome, EXIT_CODE_REFUSED);
		r = session_pause(s, LIMIT_PASSING_POLL_MS, err);
		if (r < 0)
			return session_fail(s, EXIT_CODE_BUSY, err);
	}
}

/* What the journal says was done; -EIO and others: not all could be taken back. */
static int take_back(struct work *w, bool rollback, struct err *err)
{
	struct session *s = w->session;
	struct deeds *deeds = &s->outcome->deeds;
	size_t first = deeds->n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->journal->holds; i++) {
		const struct journal_hold *h = &s->journal->hold[i];

		if (!is_mine(w, h))
			continue;
		/* What the kernel still works on would hold up the next write as well. */
		if (deeds_stuck(deeds, h->hold.group))
			return err_set(err, EBUSY, "the kernel is at it");
		r = undo_add(s->journal, &h->hold, 0, rollback, deeds);
	}
	if (r < 0)
		return err_set(err, -r, "out of memory");
	return engine_run(s->root, s->journal, deeds->item + first, deeds->n - first,
			  NULL, err);
}

/*
 * What a run that was cut off has begun. Virtual functions: this one sees what there is,
 * and goes on. A driver: it is as it was before, first, so that this one can take back to
 * that.
 */
static int settle_leftovers(struct work *w, struct err *err)
{
	struct session *s = w->session;
	int r = 0;

	if (w->apply->declared && s->journal->steps) {
		session_unlock(s); /* nothing is written to the kernel under it */
		if (take_back(w, false, err) < 0)
			return session_fail(s, EXIT_CODE_LEFT, err);
		r = session_relock(s, err);
		if (r < 0)
			return session_fail(s, EXIT_CODE_BUSY, err);
	}
	r = forget(w);
	if (r == 0)
		return 0;
	(void)err_set(err, -r, "the journal cannot be written: %s", strerror(-r));
	return session_fail(s, EXIT_CODE_REFUSED, err);
}

static int roll_back_all(struct work *w, const struct err *why)
{
	struct err err;
	int r = take_back(w, true, &err);

	return session_fail(w->session, r < 0 ? EXIT_CODE_LEFT : EXIT_CODE_REFUSED, why);
}

static int carry_out(struct work *w, struct err *err)
{
	struct session *s = w->session;
	struct deeds *deeds = &s->outcome->deeds;
	struct journal *j = s->journal;
	size_t first = deeds->n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->plan.steps; i++)
		r = deeds_add(deeds, &w->plan.step[i], false);
	if (w->apply->dry)
		return outcome_exit(s->outcome, EXIT_CODE_DONE);
	for (size_t i = 0; r == 0 && i < w->plan.holds; i++)
		r = journal_take(j, &w->plan.hold[i]);
	session_unlock(s);
	if (r < 0) {
		(void)err_set(err, -r, "the journal cannot be written: %s", strerror(-r));
		return session_fail(s, EXIT_CODE_REFUSED, err);
	}
	r = engine_run(s->root, j, deeds->item + first, deeds->n - first, &s->cancel,
		       err);
	return r < 0 ? roll_back_all(w, err) : outcome_exit(s->outcome, EXIT_CODE_DONE);
}

/* It told others what is under way; what was done is to stay. What could not be taken
 * back is the sweep's. */
static void end_journal(struct work *w, int code)
{
	struct session *s = w->session;

	if (code != EXIT_CODE_LEFT)
		(void)!forget(w);
	if (journal_end(s->journal) < 0)
		notes_add(&s->outcome->warnings, "%s: cannot be removed", JOURNAL_FOLDER);
}

static int run(struct work *w, struct err *err)
{
	struct session *s = w->session;
	int r = s->request->dry ? 0 : settle_leftovers(w, err);

	if (r == 0)
		r = judge_host(w, err);
	if (r == 0 &&
	    plan_build(w->apply->spec, w->facts, &w->plan, &s->outcome->notes, err) < 0)
		r = session_fail(s, EXIT_CODE_REFUSED, err);
	if (r == 0)
		r = carry_out(w, err);
	if (r == 0 && !s->request->dry)
		mapping_note(s->root, s->request->node, &w->facts->pfs,
			     &s->outcome->warnings);
	if (!s->request->dry)
		end_journal(w, r);
	return r;
}

int apply_run(const struct apply *apply, struct outcome *ret)
{
	const struct request request = {
		.root = apply->root,
		.scope = apply->declared ? SCOPE_REBIND : SCOPE_SRIOV,
		.dry = apply->dry,
	};
	struct session session = {
		.request = &request,
		.root = apply->root,
		.outcome = ret,
		.cancel = CANCEL_NONE,
		.lock = -1,
		.patience_ms = LIMIT_LOCK_MS,
		.only = &apply->bdf,
	};
	struct work work = {.apply = apply, .session = &session};
	int64_t begin = clock_ms();
	struct err err = {0};
	int r;

	*ret = (struct outcome){.what = apply->what, .dry = apply->dry};
	r = session_begin(&session, true, &err);
	if (r < 0)
		r = session_fail(&session,
				 r == -EBUSY || r == -EINTR ? EXIT_CODE_BUSY
							    : EXIT_CODE_REFUSED,
				 &err);
	else
		r = run(&work, &err);
	session_end(&session);
	work_free(&work);
	ret->ms = (int)(clock_ms() - begin);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/apply-work.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "plan/gate.h"
#include "run/claims.h"
#include "run/reservation.h"
#include "run/undo.h"

void work_end(struct work *w, enum exit_code code, const struct err *err)
{
	w->session->outcome = w->outcome;
	w->state = WORK_OVER;
	w->first = w->outcome->deeds.n;
	w->failed = false;
	if (err)
		(void)session_fail(w->session, code, err);
	else
		(void)outcome_exit(w->outcome, code);
}

static void end_unwritable(struct work *w, int r)
{
	struct err err;

	(void)err_set(&err, -r, "the journal cannot be written: %s", strerror(-r));
	work_end(w, EXIT_CODE_REFUSED, &err);
}

/* The journal may tell of other devices, too, that an earlier run is stuck on, or was cut
 * off at. */
static bool is_mine(const struct work *w, const struct journal_hold *h)
{
	return h->open && bdf_equal(&h->hold.bdf, &w->apply->bdf);
}

static bool is_begun(const struct work *w)
{
	const struct journal *j = w->session->journal;

	for (size_t i = 0; i < j->holds; i++)
		if (is_mine(w, &j->hold[i]))
			return true;
	return false;
}

/* What was done is to stay, whoever did it. */
int work_forget(struct work *w)
{
	struct journal *j = w->session->journal;
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->holds; i++)
		if (is_mine(w, &j->hold[i]))
			r = journal_close(j, &j->hold[i].hold);
	return r;
}

/* What the journal says was done to it. */
int work_undo(const struct work *w, bool rollback, struct deeds *deeds)
{
	const struct journal *j = w->session->journal;
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->holds; i++)
		if (is_mine(w, &j->hold[i]))
			r = undo_add(j, &j->hold[i].hold, 0, rollback, deeds);
	return r;
}

bool work_is_left(const struct work *w)
{
	const struct journal *j = w->session->journal;

	for (size_t i = 0; i < j->holds; i++)
		if (is_mine(w, &j->hold[i]) && undo_is_left(j, &j->hold[i].hold))
			return true;
	return false;
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
	notes_add(&w->outcome->notes,
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
			notes_add(&w->outcome->notes, "%s has driver %s", BDF(&a->bdf),
				  a->declared->driver);
		return 0;
	}
	if (is_lent(w, facts_claim(w->facts, &a->bdf)))
		return 0;
	return facts_declare(a->root, &a->bdf, a->declared, w->facts, err);
}

static int look(struct work *w, struct err *err)
{
	const struct root *root = w->session->root;
	struct outcome *o = w->outcome;
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

/* -EIO and others: not all could be taken back. */
static int take_back_leftovers(struct work *w, struct err *err)
{
	struct session *s = w->session;
	struct deeds *deeds = &w->outcome->deeds;
	size_t first = deeds->n;

	if (work_undo(w, false, deeds) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return engine_run(s->root, s->journal, deeds->item + first, deeds->n - first,
			  NULL, err);
}

/*
 * What a run that was cut off has begun. Virtual functions: this one sees what there is,
 * and goes on. A driver: it is as it was before, first, so that this one can take back to
 * that.
 */
static void settle_leftovers(struct work *w)
{
	struct session *s = w->session;
	struct err err;
	int r;

	if (!is_begun(w))
		return;
	if (w->apply->declared) {
		session_unlock(s); /* nothing is written to the kernel under it */
		if (take_back_leftovers(w, &err) < 0) {
			work_end(w, EXIT_CODE_LEFT, &err);
			return;
		}
	}
	r = work_forget(w);
	if (r < 0)
		end_unwritable(w, r);
}

/* True if all that refuses is just going. */
static bool passes(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->item[i].grade != GRADE_TELL && !findings->item[i].passing)
			return false;
	return true;
}

/* False: it is over, or waits. */
static bool judge(struct work *w, int64_t begin)
{
	struct outcome *o = w->outcome;
	size_t said = o->warnings.n;
	struct err err;

	if (look(w, &err) < 0) {
		work_end(w, EXIT_CODE_REFUSED, &err);
		return false;
	}
	if (!o->findings.refused)
		return true;
	if (w->apply->dry || !passes(&o->findings) ||
	    clock_ms() - begin > LIMIT_PASSING_MS)
		work_end(w, EXIT_CODE_REFUSED, NULL);
	else
		notes_cut(&o->warnings, said); /* the next look warns of the same */
	return false;
}

static void plan(struct work *w)
{
	struct outcome *o = w->outcome;
	struct err err;
	int r = plan_build(w->apply->spec, w->facts, &w->plan, &o->notes, &err);

	if (r < 0) {
		work_end(w, EXIT_CODE_REFUSED, &err);
		return;
	}
	w->first = o->deeds.n;
	for (size_t i = 0; r == 0 && i < w->plan.steps; i++)
		r = deeds_add(&o->deeds, &w->plan.step[i], false);
	if (w->apply->dry) {
		work_end(w, EXIT_CODE_DONE, NULL);
		return;
	}
	w->state = WORK_READY;
	w->claimed = true;
	for (size_t i = 0; r == 0 && i < w->plan.holds; i++)
		r = journal_take(w->session->journal, &w->plan.hold[i]);
	if (r < 0)
		end_unwritable(w, r);
}

/* Under the host's lock. What somebody is in the way of waits, while others are served.
 */
void work_prepare(struct work *w, int64_t begin)
{
	struct err err;

	if (!w->apply->dry && session_at_work(w->session, &w->apply->bdf, &err) < 0) {
		if (clock_ms() - begin > w->session->patience_ms)
			work_end(w, EXIT_CODE_BUSY, &err);
		return;
	}
	if (!w->apply->dry)
		settle_leftovers(w);
	if (w->state == WORK_WAITS && !w->apply->dry && w->session->lock < 0 &&
	    session_relock(w->session, &err) < 0)
		work_end(w, EXIT_CODE_BUSY, &err);
	if (w->state == WORK_WAITS && judge(w, begin))
		plan(w);
}

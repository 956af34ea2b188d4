/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "run/absent.h"
#include "run/chain.h"
#include "run/judge.h"
#include "run/leftover.h"
#include "run/mapping-note.h"
#include "run/policy-copy.h"
#include "run/roll-back.h"
#include "run/sharing.h"
#include "run/undo.h"

/* What a start works with. */
struct start {
	struct session *session;
	struct spec spec;
	struct facts *facts;
	struct plan plan;
	size_t notes;	   /* that were said before it was planned */
	uint32_t first_id; /* of the steps of this run */
	struct booking booking;
};

static void start_freep(struct start **start)
{
	struct start *s = *start;

	if (!s)
		return;
	spec_free(&s->spec);
	s->facts = facts_free(s->facts);
	plan_free(&s->plan);
	booking_free(&s->booking);
	free(s);
}

static bool have_journal(const struct session *s)
{
	return journal_exists(s->root, s->request->vmid, s->request->scope);
}

static int read_spec(struct start *s, struct err *err)
{
	struct session *session = s->session;
	int r;

	s->spec.scope = session->request->scope;
	r = spec_load(session->root, session->request->node, session->request->vmid,
		      &s->spec, err);
	if (r < 0)
		return session_fail(session, EXIT_CODE_CONFIG, err);
	r = spec_load_quirks(session->root, &s->spec, err);
	if (r < 0)
		return session_fail(session, EXIT_CODE_CONFIG, err);
	session->outcome->warnings = s->spec.notes;
	s->spec.notes = (struct notes){0};
	if (chain_check(session->root, &s->spec.vm.hooks, err) < 0)
		return session_fail(session, EXIT_CODE_CONFIG, err);
	if (s->spec.have_config || s->spec.have_policy || have_journal(session))
		return 0;
	(void)session_no_vm(session, &s->spec, err);
	return session_fail(session, EXIT_CODE_CONFIG, err);
}

/* Whatever the host is like. */
static bool is_wrong(const struct facts *facts)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		if (facts->pick[i].err.code == EINVAL)
			return true;
	return false;
}

/* Looks at the host, judges and plans. */
static int consider(struct start *s, struct err *err)
{
	struct session *session = s->session;
	int r;

	plan_free(&s->plan);
	notes_cut(&session->outcome->notes, s->notes);
	r = judge(session, &s->spec, &s->facts, &s->booking, err);
	if (r < 0)
		return session_fail(session,
				    r == -EINVAL		     ? EXIT_CODE_CONFIG
				    : r == -EBUSY || r == -ETIMEDOUT ? EXIT_CODE_BUSY
								     : EXIT_CODE_REFUSED,
				    err);
	r = plan_build(&s->spec, s->facts, &s->plan, &session->outcome->notes, err);
	if (r < 0) /* EINVAL: not as the host is, but as the policy is */
		return session_fail(session,
				    r == -EINVAL ? EXIT_CODE_CONFIG : EXIT_CODE_REFUSED,
				    err);
	outcome_show(session->outcome, s->facts);
	if (!session->outcome->findings.refused)
		return 0;
	return outcome_exit(session->outcome,
			    is_wrong(s->facts) ? EXIT_CODE_CONFIG : EXIT_CODE_REFUSED);
}

/* What others have done, and this machine may have to take back. */
static int adopt(struct journal *j, const struct step *adopted)
{
	struct step step = *adopted;
	int r = journal_intent(j, &step);

	return r == 0 ? journal_mark(j, "done", step.id) : r;
}

/*
 * Puts every device of the plan on file: from then on it is claimed. What is adopted
 * comes first: others leave it to whoever they find to have a claim.
 */
static int claim(struct start *s)
{
	struct journal *j = s->session->journal;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->plan.steps; i++)
		if (s->plan.step[i].adopted)
			r = adopt(j, &s->plan.step[i]);
	for (size_t i = 0; r == 0 && i < s->plan.holds; i++)
		r = journal_take(j, &s->plan.hold[i]);
	return r;
}

/* The claims could not all be put on file: takes back those that were. */
static void unclaim(struct start *s, size_t size)
{
	struct journal *j = s->session->journal;

	journal_rewind(j, size);
	for (size_t i = 0; i < j->holds; i++)
		j->hold[i].open &= !j->hold[i].mine;
	if (journal_end(j) < 0)
		notes_add(&s->session->outcome->warnings, "%s: cannot be removed",
			  JOURNAL_FOLDER);
}

/* Of the plan, or only of its stages up to @last. */
static int add_deeds(struct start *s, enum plan_stage last)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->plan.steps; i++)
		if (s->plan.step[i].stage <= last && !s->plan.step[i].adopted)
			r = deeds_add(&s->session->outcome->deeds, &s->plan.step[i],
				      false);
	return r;
}

static int carry_out(struct start *s, enum plan_stage last, struct err *err)
{
	struct session *session = s->session;
	struct deeds *deeds = &session->outcome->deeds;
	size_t first = deeds->n;

	if (add_deeds(s, last) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return engine_run(session->root, session->journal, deeds->item + first,
			  deeds->n - first, &session->cancel, err);
}

/*
 * Makes the virtual functions, then looks, judges and plans anew: their IOMMU groups, and
 * who shares them, are not known before. They are claimed all the while.
 */
static int make_vfs(struct start *s, struct err *err)
{
	int r = carry_out(s, STAGE_VFS, err);

	if (r == 0)
		r = session_relock(s->session, err);
	if (r < 0)
		return r;
	r = consider(s, err);
	if (r == 0 && claim(s) < 0)
		r = err_set(err, EIO, "the journal cannot be written");
	else if (r > 0)
		r = err->code ? -err->code
			      : err_set(err, EPERM,
					"the virtual functions that were made cannot be "
					"given away");
	session_unlock(s->session);
	if (r == 0)
		mapping_note(s->session->root, s->session->request->node, &s->facts->pfs,
			     &s->session->outcome->warnings);
	return r;
}

/* All of it is on file, or nothing. */
static int claim_all(struct start *s, struct err *err)
{
	struct journal *j = s->session->journal;
	int r = journal_tidy(j);
	size_t size = j->size;

	j->locked = session_vm_locked(s->session) > 0;
	if (r == 0)
		r = journal_phase(j, "pre-start");
	s->first_id = j->next_id;
	if (r == 0)
		r = claim(s);
	if (r == 0)
		return 0;
	/* Nothing was done yet, so nothing of this run needs to stay on file. */
	unclaim(s, size);
	return err_set(err, -r, "the journal cannot be written: %s", strerror(-r));
}

/* A mediated device need not be on the first of its parents. */
static int find_parents(struct start *s)
{
	const struct deeds *deeds = &s->session->outcome->deeds;
	int r = 0;

	for (size_t i = 0; r == 0 && i < deeds->n; i++) {
		const struct step *step = &deeds->item[i].step;
		struct journal_hold *own;
		struct hold hold = {.mdev = step->mdev};

		if (step->kind != STEP_MDEV || deeds->item[i].state != DEED_DONE ||
		    step->direction == STEP_UNDO)
			continue;
		own = journal_find(s->session->journal, &hold);
		if (!own || bdf_equal(&own->hold.bdf, &step->bdf))
			continue;
		hold = own->hold;
		hold.bdf = step->bdf;
		r = journal_take(s->session->journal, &hold);
	}
	return r;
}

static int prepare(struct start *s, struct err *err)
{
	struct session *session = s->session;
	struct journal *j = session->journal;
	int r = claim_all(s, err);

	session_unlock(session);
	if (r < 0)
		return session_fail(session, EXIT_CODE_REFUSED, err);
	leftovers_undo(session, &s->plan);
	if (plan_makes_vfs(&s->plan))
		r = make_vfs(s, err);
	if (r == 0)
		r = carry_out(s, _STAGE_MAX, err);
	if (r == 0)
		r = booking_renew(session, &s->booking, err);
	if (r == 0)
		r = chain_start(session, &s->spec.vm.hooks, err);
	if (r < 0)
		return roll_back(session, s->first_id, err);
	r = sharing_settle(j);
	if (r == 0)
		r = find_parents(s);
	if (r == 0)
		r = journal_phase(j, "prepared");
	if (r == 0)
		r = journal_end(j); /* no device after all */
	if (r < 0) {
		(void)err_set(err, -r, "the journal cannot be written: %s", strerror(-r));
		return roll_back(session, s->first_id, err);
	}
	return outcome_exit(session->outcome, EXIT_CODE_DONE);
}

static int refuse_running(struct session *session, struct err *err)
{
	struct proc_id qemu;

	if (!session_vm_runs(session, &qemu))
		return 0;
	(void)err_set(err, EBUSY, "VM %u runs (pid %d): its devices are in use",
		      session->request->vmid, (int)qemu.pid);
	return session_fail(session, EXIT_CODE_BUSY, err);
}

static int plan_only(struct start *s)
{
	struct err err;
	int r = 0;

	if (s->session->journal) {
		r = undo_plan_first(s->session->journal, &s->session->outcome->deeds);
		leftovers_undo(s->session, &s->plan);
	}
	if (r == 0)
		r = add_deeds(s, _STAGE_MAX);
	if (r == 0)
		r = chain_start(s->session, &s->spec.vm.hooks, &err);
	return outcome_exit(s->session->outcome,
			    r < 0 ? EXIT_CODE_REFUSED : EXIT_CODE_DONE);
}

/*
 * A run that was killed between removing a device and binding it: perhaps it is not there
 * to be planned with. And a mediated device, which is made anew, perhaps of another type.
 * True if there was one; the session has to begin anew then.
 */
static bool undo_first(struct session *session)
{
	struct deeds *deeds = &session->outcome->deeds;
	struct journal *j = session->journal;
	struct err err;

	if (session->request->dry)
		return false;
	for (size_t i = 0; i < j->holds; i++)
		if (j->hold[i].open && undo_add_first(j, &j->hold[i].hold, deeds))
			return false;
	if (!deeds->n)
		return false;
	session_unlock(session); /* nothing is written to the kernel under it */
	if (engine_run(session->root, j, deeds->item, deeds->n, NULL, &err) < 0)
		notes_add(&session->outcome->warnings,
			  "left over from an earlier start: %s", err.msg);
	return true;
}

static int start(struct start *s, struct err *err)
{
	struct session *session = s->session;
	int r = refuse_running(session, err);

	if (r == 0)
		r = consider(s, err);
	if (session->request->dry)
		return r == 0 ? plan_only(s) : r;
	if (r == 0)
		return prepare(s, err);
	/* Refused: a journal that this run made goes again. */
	if (journal_end(session->journal) < 0)
		notes_add(&session->outcome->warnings, "%s: cannot be removed",
			  JOURNAL_FOLDER);
	return r;
}

/* Two hookscripts that do the same would take it from each other at the stop. */
static int prepared_already(struct session *session)
{
	notes_add(&session->outcome->notes,
		  "hostpci-hook has prepared VM %u: hostpci-%s does nothing; one of the "
		  "two hookscripts is enough",
		  session->request->vmid, scope_words[session->request->scope]);
	return outcome_exit(session->outcome, EXIT_CODE_DONE);
}

/* No device to give, but perhaps other hookscripts. */
static int start_without_devices(struct start *s, struct err *err)
{
	return chain_start(s->session, &s->spec.vm.hooks, err) < 0
		       ? session_fail(s->session, EXIT_CODE_REFUSED, err)
		       : outcome_exit(s->session->outcome, EXIT_CODE_DONE);
}

int start_run(struct session *session)
{
	_cleanup_(start_freep) struct start *s = calloc(1, sizeof(*s));
	struct err err = {0};
	int r;

	if (!s) {
		(void)err_set(&err, ENOMEM, "out of memory");
		return session_fail(session, EXIT_CODE_REFUSED, &err);
	}
	s->session = session;
	r = read_spec(s, &err);
	if (r != 0)
		return r;
	if (!spec_has_devices(&s->spec) && !have_journal(session))
		return start_without_devices(s, &err);
	r = session_prepared(session, &err);
	if (r > 0)
		return prepared_already(session);
	if (r < 0)
		return session_fail(
			session, r == -EBUSY ? EXIT_CODE_BUSY : EXIT_CODE_REFUSED, &err);
	absent_tell(session, &s->spec);
	s->notes = session->outcome->notes.n;
	if (!session->request->dry)
		policy_copy_refresh(session->root, &session->outcome->warnings);
	r = session_begin(session, true, &err);
	if (r == 0 && undo_first(session)) {
		session_end(session);
		r = session_begin(session, true, &err);
	}
	if (r < 0)
		return session_fail(
			session, r == -EBUSY ? EXIT_CODE_BUSY : EXIT_CODE_REFUSED, &err);
	r = start(s, &err);
	if (r != 0 && s->booking.n)
		booking_clear(session);
	return r;
}

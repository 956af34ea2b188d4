/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/sharing.h"

#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "host/sysfs.h"
#include "run/claims.h"
#include "run/reservation.h"
#include "run/undo.h"

/* The claim's device is, or was, a virtual function of @pf. */
static bool is_of(const struct root *root, const struct claim *claim,
		  const struct bdf *pf)
{
	char physical[32];

	if (claim->is_vf)
		return bdf_equal(&claim->vf_of, pf);
	return sysfs_link(root, DEVICE_ATTR(&claim->bdf, "physfn"), physical,
			  sizeof(physical)) == 0 &&
	       !strcmp(physical, BDF(pf));
}

/* Who else uses one of its virtual functions; empty: nobody does. */
struct user {
	char who[LIMIT_NAME * 4];
	bool later; /* has it without a journal, and will take nothing back */
};

/* Nobody's word is taken for what somebody has open, or uses as an interface. */
static int find_in_host(const struct root *root, const struct bdf *pf, struct user *ret,
			struct err *err)
{
	struct child child = CHILD_NONE;
	struct child_request request;
	struct child_reply reply;
	int r = child_spawn(&child, root, look_handle, err);

	if (r < 0)
		return r;
	look_request(&request, LOOK_VFS_BUSY, "/sys/bus/pci/devices/%s", BDF(pf));
	r = child_call(&child, &request, LIMIT_OPENERS_MS, &reply);
	child_end(&child);
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r,
			       "who uses the virtual functions of %s cannot be told: %s",
			       BDF(pf), strerror(-r));
	(void)snprintf(ret->who, sizeof(ret->who), "%.*s", (int)sizeof(ret->who) - 1,
		       reply.value);
	return 0;
}

/* One that has it on file has also adopted what is to be taken back (start.c). */
static int find_machine(const struct root *root, uint32_t vmid, const struct bdf *pf,
			struct user *ret, struct err *err)
{
	_cleanup_(facts_freep) struct facts *facts = facts_new();
	struct notes notes = {0};
	int r;

	if (!facts)
		return err_set(err, ENOMEM, "out of memory");
	r = claims_gather(root, vmid, facts, &notes, err);
	notes_free(&notes);
	if (r == 0)
		r = reservation_gather(root, vmid, facts, err);
	for (size_t i = 0; r == 0 && i < facts->claims; i++) {
		const struct claim *claim = &facts->claim[i];

		if (!is_of(root, claim, pf) || (ret->later && !claim->is_vf))
			continue;
		(void)snprintf(ret->who, sizeof(ret->who), "VM %u has %s", claim->vmid,
			       BDF(&claim->bdf));
		ret->later = !claim->is_vf;
		if (claim->is_vf)
			break;
	}
	return r;
}

/* A virtual function of it is still this machine's. */
static bool is_needed(const struct journal *j, const struct bdf *pf)
{
	for (size_t i = 0; i < j->holds; i++)
		if (j->hold[i].open && j->hold[i].hold.is_vf &&
		    bdf_equal(&j->hold[i].hold.vf_of, pf))
			return true;
	return false;
}

static bool has_shared_steps(const struct journal *j, const struct bdf *pf)
{
	for (size_t i = 0; i < j->steps; i++)
		if (journal_alive(&j->step[i]) && bdf_equal(&j->step[i].step.bdf, pf) &&
		    step_ops(&j->step[i].step)->shared)
			return true;
	return false;
}

/* What all share stays as it is, and is nobody's to take back. */
static int leave_shared(const struct sharing *s, const struct bdf *pf)
{
	struct journal *j = s->session->journal;
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->steps; i++) {
		const struct step *step = &j->step[i].step;

		if (!journal_alive(&j->step[i]) || !bdf_equal(&step->bdf, pf) ||
		    !step_ops(step)->shared)
			continue;
		if (s->session->request->dry)
			j->step[i].state = JOURNAL_UNDONE; /* only in memory */
		else
			r = journal_mark(j, "undone", step->id);
	}
	return r;
}

/* Nobody uses them now, and whoever comes finds that they are going. */
static int begin_removal(const struct sharing *s, struct journal_hold *h,
			 struct user *user, struct err *err)
{
	struct session *session = s->session;
	struct hold hold = h->hold;
	bool dry = session->request->dry;
	int r = dry ? 0 : session_relock(session, err);

	if (r == 0)
		r = find_machine(session->root, session->request->vmid, &hold.bdf, user,
				 err);
	/* In a dry run it is this machine itself that still uses them. */
	if (r == 0 && !dry && !user->who[0])
		r = find_in_host(session->root, &hold.bdf, user, err);
	if (r == 0 && !user->who[0] && !dry) {
		hold.changing = true;
		r = journal_take(session->journal, &hold);
		if (r < 0)
			(void)err_set(err, -r, "the journal cannot be written: %s",
				      strerror(-r));
	}
	if (!dry)
		session_unlock(session);
	return r;
}

static bool is_wanted_back(const struct sharing *s, const struct journal_hold *h)
{
	return s->back || s->rollback || h->fresh ||
	       h->hold.return_to == WISH_RETURN_HOST;
}

/* What becomes of the number of its virtual functions. 1: nothing yet. */
static int settle_shared(const struct sharing *s, struct journal_hold *h, struct err *err)
{
	struct notes *notes = &s->session->outcome->notes;
	const struct bdf pf = h->hold.bdf;
	struct user user = {0};
	int r;

	if (!has_shared_steps(s->session->journal, &pf))
		return 0;
	if (!is_wanted_back(s, h)) {
		notes_add(notes, "%s keeps its virtual functions", BDF(&pf));
		return leave_shared(s, &pf);
	}
	r = begin_removal(s, h, &user, err);
	if (r < 0 || !user.who[0])
		return r;
	notes_add(notes, "%s keeps its virtual functions%s: %s%s", BDF(&pf),
		  user.later ? " for now" : "", user.who,
		  user.later ? "; when that is over, hostpci sweep takes them back" : "");
	return user.later ? 1 : leave_shared(s, &pf);
}

static int give_back_one(const struct sharing *s, struct journal_hold *h, struct err *err)
{
	struct session *session = s->session;
	struct deeds *deeds = &session->outcome->deeds;
	struct journal *j = session->journal;
	const struct bdf pf = h->hold.bdf;
	bool needed = is_needed(j, &pf), mine = h->mine;
	size_t first = deeds->n;
	int r = 0;

	if (needed && !s->rollback)
		return 0;
	/* What the kernel still works on may come about after a look. */
	if (deeds_stuck(deeds, h->hold.group))
		return err_set(err, EBUSY, "%s: the kernel still works on it", BDF(&pf));
	if (!needed)
		r = settle_shared(s, h, err);
	if (r > 0)
		return 0;
	if (r == 0)
		r = undo_add(j, &h->hold,
			     s->rollback && (mine || needed) ? s->first_id : 0,
			     s->rollback, deeds);
	if (session->request->dry || r < 0)
		return r;
	r = engine_run(session->root, j, deeds->item + first, deeds->n - first, NULL,
		       err);
	if (needed || undo_is_left(j, &h->hold))
		return r;
	/* On a full /run it is enough that the journal ends. */
	(void)!journal_close(j, &h->hold);
	return r;
}

static bool is_kept(const struct sharing *s, const struct bdf *pf)
{
	for (size_t i = 0; s->keep && i < s->keep->holds; i++)
		if (bdf_equal(&s->keep->hold[i].bdf, pf))
			return true;
	return false;
}

/* The last one in their order first, as they were made. */
int sharing_give_back(const struct sharing *sharing, struct err *err)
{
	struct journal *j = sharing->session->journal;
	int first = 0;

	for (size_t i = j->holds; i-- > 0;) {
		struct err why = {.code = ENOMEM, .msg = "out of memory"};
		int r;

		if (!j->hold[i].open || !j->hold[i].hold.shared ||
		    is_kept(sharing, &j->hold[i].hold.bdf))
			continue;
		r = give_back_one(sharing, &j->hold[i], &why);
		if (r < 0 && first == 0) {
			first = r;
			*err = why;
		}
	}
	return first;
}

int sharing_settle(struct journal *journal)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < journal->holds; i++) {
		struct hold hold = journal->hold[i].hold;

		if (!journal->hold[i].open || !hold.changing)
			continue;
		hold.changing = false;
		r = journal_take(journal, &hold);
	}
	return r;
}

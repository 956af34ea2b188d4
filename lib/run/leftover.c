/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/leftover.h"

#include "run/engine.h"
#include "run/sharing.h"
#include "run/undo.h"

static bool plan_holds(const struct plan *plan, const struct hold *hold)
{
	for (size_t i = 0; i < plan->holds; i++)
		if (hold_equal(&plan->hold[i], hold))
			return true;
	return false;
}

static bool is_leftover(const struct plan *plan, const struct journal_hold *h)
{
	return h->open && !h->hold.shared && !plan_holds(plan, &h->hold);
}

/* A disk that a guest had becomes visible to the host, say. */
static void tell_leftover(struct session *session, const struct journal_hold *h)
{
	notes_add(&session->outcome->notes,
		  "hostpci%d %s is not wanted any more: it goes back as it was",
		  h->hold.slot, BDF(&h->hold.bdf));
}

void leftovers_undo(struct session *session, const struct plan *plan)
{
	const struct sharing sharing = {.session = session, .keep = plan};
	struct deeds *deeds = &session->outcome->deeds;
	struct journal *j = session->journal;
	struct err err = {.msg = "out of memory"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->holds; i++) {
		if (!is_leftover(plan, &j->hold[i]))
			continue;
		tell_leftover(session, &j->hold[i]);
		r = undo_add(j, &j->hold[i].hold, 0, false, deeds);
	}
	if (r == 0 && !session->request->dry)
		r = engine_run(session->root, j, deeds->item, deeds->n, NULL, &err);
	if (r < 0)
		notes_add(
			&session->outcome->warnings,
			"left over from an earlier start: %s; the next stop tries again",
			err.msg);
	for (size_t i = 0; !session->request->dry && i < j->holds; i++) {
		const struct hold *h = &j->hold[i].hold;

		if (is_leftover(plan, &j->hold[i]) && !undo_is_left(j, h) &&
		    journal_close(j, h) < 0)
			break;
	}
	if (sharing_give_back(&sharing, &err) < 0)
		notes_add_err(&session->outcome->warnings, &err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/roll-back.h"

#include "host/device.h"
#include "run/sharing.h"
#include "run/undo.h"

/* A driver of the host had it as this run began: a release that left a setting behind,
 * say, or a start that was killed before it came to it. */
static bool was_back(const struct journal *j, const struct journal_hold *h,
		     uint32_t first_id)
{
	struct device device;

	if (uuid_is_set(&h->hold.mdev))
		return false;
	for (size_t i = 0; i < j->steps; i++) {
		const struct step *step = &j->step[i].step;

		if (step->id >= first_id && step->kind == STEP_UNBIND &&
		    hold_has(&h->hold, step))
			return true;
	}
	return device_read(j->root, &h->hold.bdf, &device) == 0 && device.driver[0] &&
	       !device.on_vfio;
}

/*
 * A device that was kept stays so, and so does one that an earlier start left behind and
 * that is to stay on vfio-pci. What else it left behind goes back with what this run did:
 * after a failed start Proxmox calls nobody.
 */
static bool keeps(const struct journal *j, const struct journal_hold *h,
		  uint32_t first_id)
{
	bool kept = h->was[0] || (!h->mine && h->hold.return_to == WISH_RETURN_VFIO);

	return kept && !was_back(j, h, first_id);
}

/* Taken by this run, on its own behalf. */
static bool is_taken(const struct journal_hold *h)
{
	return h->open && h->taken && !h->hold.shared;
}

static bool undo_devices(struct session *session, uint32_t first_id)
{
	struct deeds *deeds = &session->outcome->deeds;
	struct journal *j = session->journal;
	size_t first = deeds->n;
	bool left = false;
	struct err err;

	for (size_t i = j->holds; i-- > 0;) {
		const struct journal_hold *h = &j->hold[i];
		uint32_t from = h->mine || keeps(j, h, first_id) ? first_id : 0;

		if (!is_taken(h))
			continue;
		/* What the kernel still works on would hold up the next write as well. */
		if (deeds_stuck(deeds, h->hold.group) ||
		    undo_add(j, &h->hold, from, true, deeds) < 0)
			left = true;
	}
	/* Its failures are in the deeds, but for one that kept it from beginning. */
	if (engine_run(session->root, j, deeds->item + first, deeds->n - first, NULL,
		       &err) < 0) {
		left = true;
		notes_add(&session->outcome->warnings, "taking back: %s", err.msg);
	}
	return left;
}

/* True if something is left. */
static bool settle_devices(struct journal *j, uint32_t first_id)
{
	bool left = false;

	for (size_t i = 0; i < j->holds; i++) {
		const struct journal_hold *h = &j->hold[i];
		bool kept;
		int r = 0;

		if (!is_taken(h))
			continue;
		kept = keeps(j, h, first_id);
		left |= !kept && undo_is_left(j, &h->hold);
		if (kept)
			r = journal_park(j, &h->hold, h->was[0] ? h->was : "return");
		else if (!undo_is_left(j, &h->hold))
			/* On a full /run it is enough that the journal ends. */
			(void)!journal_close(j, &h->hold);
		left |= r < 0;
	}
	return left;
}

int roll_back(struct session *session, uint32_t first_id, const struct err *why)
{
	const struct deeds *deeds = &session->outcome->deeds;
	const struct sharing sharing = {
		.session = session, .rollback = true, .first_id = first_id};
	size_t first = deeds->n;
	struct err err;
	bool left = undo_devices(session, first_id);

	left |= settle_devices(session->journal, first_id);
	if (sharing_give_back(&sharing, &err) < 0) {
		left = true;
		notes_add(&session->outcome->warnings, "taking back: %s", err.msg);
	}
	for (size_t i = first; i < deeds->n; i++)
		left |= deeds->item[i].state == DEED_FAILED ||
			deeds->item[i].state == DEED_STUCK ||
			deeds->item[i].state == DEED_SKIPPED;
	if (sharing_settle(session->journal) < 0 || journal_end(session->journal) < 0)
		left = true;
	return session_fail(session, left ? EXIT_CODE_LEFT : EXIT_CODE_REFUSED, why);
}

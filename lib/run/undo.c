/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/undo.h"

static bool concerns(const struct journal_step *s, const struct hold *hold)
{
	return journal_alive(s) && hold_has(hold, &s->step) && step_undoes(&s->step);
}

int undo_add(const struct journal *journal, const struct hold *hold, uint32_t first_id,
	     bool rollback, struct deeds *deeds)
{
	for (size_t i = journal->steps; i-- > 0;) {
		struct step step = journal->step[i].step;
		int r;

		if (!concerns(&journal->step[i], hold) || step.id < first_id)
			continue;
		step.direction = STEP_UNDO;
		step.partly = journal->step[i].state != JOURNAL_DONE;
		step.stage = 0; /* their order is that of the list */
		step.lane = step.group;
		r = deeds_add(deeds, &step, rollback);
		if (r < 0)
			return r;
	}
	return 0;
}

int undo_add_first(const struct journal *journal, const struct hold *hold,
		   struct deeds *deeds)
{
	if (uuid_is_set(&hold->mdev))
		return undo_add(journal, hold, 0, false, deeds);
	for (size_t i = 0; i < journal->steps; i++)
		if (concerns(&journal->step[i], hold) &&
		    journal->step[i].step.kind == STEP_REMOVE)
			return undo_add(journal, hold, journal->step[i].step.id, false,
					deeds);
	return 0;
}

bool undo_is_left(const struct journal *journal, const struct hold *hold)
{
	for (size_t i = 0; i < journal->steps; i++)
		if (concerns(&journal->step[i], hold))
			return true;
	return false;
}

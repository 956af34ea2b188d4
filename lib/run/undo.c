/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/undo.h"

static bool concerns(const struct journal_step *s, const struct bdf *bdf)
{
	return journal_alive(s) && bdf_equal(&s->step.bdf, bdf) && step_undoes(&s->step);
}

int undo_add(const struct journal *journal, const struct bdf *bdf, uint32_t first_id,
	     bool rollback, struct deeds *deeds)
{
	for (size_t i = journal->steps; i-- > 0;) {
		struct step step = journal->step[i].step;
		int r;

		if (!concerns(&journal->step[i], bdf) || step.id < first_id)
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

int undo_add_removed(const struct journal *journal, const struct bdf *bdf,
		     struct deeds *deeds)
{
	for (size_t i = 0; i < journal->steps; i++)
		if (concerns(&journal->step[i], bdf) &&
		    journal->step[i].step.kind == STEP_REMOVE)
			return undo_add(journal, bdf, journal->step[i].step.id, false,
					deeds);
	return 0;
}

bool undo_is_left(const struct journal *journal, const struct bdf *bdf)
{
	for (size_t i = 0; i < journal->steps; i++)
		if (concerns(&journal->step[i], bdf))
			return true;
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/undo.h"

#include <string.h>

#include "host/device.h"
#include "host/sysfs.h"

static bool concerns(const struct journal_step *s, const struct hold *hold)
{
	return journal_alive(s) && hold_has(hold, &s->step) && step_undoes(&s->step);
}

/* What is to be taken back, and how far. */
struct undo {
	const struct journal *journal;
	const struct hold *hold;
	uint32_t first_id;
	bool rollback;
};

static bool is_due(const struct undo *u, size_t i)
{
	const struct journal_step *s = &u->journal->step[i];

	return concerns(s, u->hold) && s->step.id >= u->first_id;
}

static int add(const struct undo *u, size_t i, struct deeds *deeds)
{
	struct step step = u->journal->step[i].step;

	if (!is_due(u, i))
		return 0;
	step.direction = STEP_UNDO;
	step.partly = u->journal->step[i].state != JOURNAL_DONE;
	step.stage = 0; /* their order is that of the list */
	step.lane = step.group;
	return deeds_add(deeds, &step, u->rollback);
}

static bool is_driverless(const struct undo *u, size_t i)
{
	return step_ops(&u->journal->step[i].step)->driverless;
}

/* With which a driver of the host has let go of it for the last time; 0: none. */
static size_t last_unbind(const struct undo *u)
{
	size_t i = u->journal->steps;

	while (i-- > 1)
		if (is_due(u, i) && u->journal->step[i].step.kind == STEP_UNBIND)
			return i;
	return 0;
}

/* What an earlier run could not take back, and a driver would be in the way of, comes
 * before the driver. */
int undo_add(const struct journal *journal, const struct hold *hold, uint32_t first_id,
	     bool rollback, struct deeds *deeds)
{
	const struct undo u = {journal, hold, first_id, rollback};
	size_t unbind = last_unbind(&u);
	int r = 0;

	for (size_t i = journal->steps; r == 0 && i-- > 0;) {
		for (size_t k = i; r == 0 && i == unbind && k-- > 0;)
			if (is_driverless(&u, k))
				r = add(&u, k, deeds);
		if (r == 0 && (i >= unbind || !is_driverless(&u, i)))
			r = add(&u, i, deeds);
	}
	return r;
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

int undo_plan_first(struct journal *journal, struct deeds *deeds)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < journal->holds; i++)
		if (journal->hold[i].open && uuid_is_set(&journal->hold[i].hold.mdev))
			r = undo_add_first(journal, &journal->hold[i].hold, deeds);
	for (size_t i = 0; i < deeds->n; i++)
		for (size_t k = 0; k < journal->steps; k++)
			if (journal->step[k].step.id == deeds->item[i].step.id)
				journal->step[k].state = JOURNAL_UNDONE;
	return r;
}

bool undo_is_left(const struct journal *journal, const struct hold *hold)
{
	for (size_t i = 0; i < journal->steps; i++)
		if (concerns(&journal->step[i], hold))
			return true;
	return false;
}

void undo_driver(const struct journal *journal, const struct hold *hold,
		 char ret[static LIMIT_NAME])
{
	ret[0] = '\0';
	for (size_t i = 0; i < journal->steps; i++) {
		const struct step *step = &journal->step[i].step;

		if (!concerns(&journal->step[i], hold) ||
		    (step->kind != STEP_UNBIND && step->kind != STEP_BIND))
			continue;
		if (step->kind == STEP_UNBIND)
			(void)snprintf(ret, LIMIT_NAME, "%s", step->found);
		return;
	}
	if (sysfs_link(journal->root, DEVICE_ATTR(&hold->bdf, "driver"), ret,
		       LIMIT_NAME) < 0)
		ret[0] = '\0';
}

static bool goes_first(const struct journal *journal, const struct uuid *mdev)
{
	const struct hold about = {.mdev = *mdev};

	for (size_t i = 0; i < journal->holds; i++)
		if (journal->hold[i].open && hold_equal(&journal->hold[i].hold, &about))
			return undo_is_left(journal, &about);
	return false;
}

/* The room that it gives back is not known: types compete. */
static void make_room(struct facts *facts, const char *parent)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		for (unsigned k = 0; k < facts->mdev[i].n; k++) {
			struct mdev_parent *p = &facts->mdev[i].parent[k];

			if (!p->available && !strcmp(p->name, parent))
				p->available = -1;
		}
}

void undo_pretend(const struct journal *journal, struct facts *facts)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		struct mdev_fact *fact = &facts->mdev[i];

		if (!fact->wanted || !fact->seen.there ||
		    !goes_first(journal, &fact->uuid))
			continue;
		make_room(facts, fact->seen.parent);
		fact->seen = (struct mdev_seen){0};
		fact->who[0] = '\0';
	}
}

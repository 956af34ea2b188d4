/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/outcome.h"

#include <stdio.h>

const char *const standing_words[_STANDING_MAX] = {
	[STANDING_NONE] = "",	      [STANDING_RUNS] = "runs",
	[STANDING_STARTS] = "starts", [STANDING_KEPT] = "kept",
	[STANDING_BUSY] = "busy",     [STANDING_UNKNOWN] = "unknown",
	[STANDING_OVER] = "over",
};

void outcome_free(struct outcome *outcome)
{
	free(outcome->shown);
	findings_free(&outcome->findings);
	notes_free(&outcome->warnings);
	notes_free(&outcome->notes);
	deeds_free(&outcome->deeds);
}

static void show_mdev(struct outcome *outcome, const struct mdev_fact *fact, int slot)
{
	struct shown *s = &outcome->shown[outcome->shown_n];

	if (!fact->wanted && !fact->left)
		return;
	*s = (struct shown){
		.slot = slot, .wanted = true, .mdev = fact->uuid, .left = fact->left};
	(void)snprintf(s->type, sizeof(s->type), "%.63s", fact->type);
	(void)snprintf(s->parent, sizeof(s->parent), "%s", mdev_fact_parent(fact));
	outcome->shown_n++;
}

void outcome_show(struct outcome *outcome, const struct facts *facts)
{
	free(outcome->shown);
	outcome->shown_n = 0;
	outcome->shown = calloc(facts->n + LIMIT_SLOTS, sizeof(*outcome->shown));
	for (unsigned i = 0; outcome->shown && i < facts->n; i++)
		outcome->shown[outcome->shown_n++] = (struct shown){
			.device = facts->fact[i].device,
			.slot = facts->fact[i].slot,
			.wanted = facts->fact[i].wanted,
		};
	for (int i = 0; outcome->shown && i < LIMIT_SLOTS; i++)
		show_mdev(outcome, &facts->mdev[i], i);
}

int outcome_exit(struct outcome *outcome, enum exit_code code)
{
	outcome->exit = code;
	return (int)code;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/outcome.h"

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

void outcome_show(struct outcome *outcome, const struct facts *facts)
{
	free(outcome->shown);
	outcome->shown_n = 0;
	outcome->shown = calloc(facts->n + 1, sizeof(*outcome->shown));
	for (unsigned i = 0; outcome->shown && i < facts->n; i++)
		outcome->shown[outcome->shown_n++] = (struct shown){
			.device = facts->fact[i].device,
			.slot = facts->fact[i].slot,
			.wanted = facts->fact[i].wanted,
		};
}

int outcome_exit(struct outcome *outcome, enum exit_code code)
{
	outcome->exit = code;
	return (int)code;
}

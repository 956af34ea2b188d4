/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/deed.h"

#include <errno.h>

const char *const deed_words[_DEED_MAX] = {
	[DEED_PLANNED] = "planned", [DEED_ALREADY] = "already", [DEED_DONE] = "done",
	[DEED_LEFT] = "left",	    [DEED_FAILED] = "failed",	[DEED_STUCK] = "stuck",
	[DEED_SKIPPED] = "skipped",
};

int deeds_add(struct deeds *deeds, const struct step *step, bool rollback)
{
	struct deed *grown = realloc(deeds->item, (deeds->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	deeds->item = grown;
	deeds->item[deeds->n++] = (struct deed){.step = *step, .rollback = rollback};
	return 0;
}

bool deeds_stuck(const struct deeds *deeds, int lane)
{
	for (size_t i = 0; i < deeds->n; i++)
		if (deeds->item[i].state == DEED_STUCK &&
		    (deeds->item[i].step.lane == lane ||
		     deeds->item[i].step.group == lane))
			return true;
	return false;
}

int deed_error(const struct deed *deed, struct err *err)
{
	char what[STEP_WORDS];

	step_ops(&deed->step)->describe(&deed->step, what, sizeof(what));
	return err_set(err, EIO, "%s: %s: %s", STEP_DEVICE(&deed->step), what,
		       deed->text);
}

void deeds_free(struct deeds *deeds)
{
	free(deeds->item);
	*deeds = (struct deeds){0};
}

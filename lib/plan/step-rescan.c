/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-rescan.h"

#include <string.h>

#include "plan/device-presence.h"

static bool rescan_write(const struct step *step, struct step_write *ret)
{
	return device_presence_rescan(step, ret) && step->direction == STEP_DO;
}

static enum step_verdict rescan_judge(const struct step *step, const char *seen,
				      bool written)
{
	size_t n = strlen(step->found);

	(void)written;
	if (step->direction == STEP_UNDO ||
	    (!strncmp(seen, step->found, n) && (!seen[n] || seen[n] == ' ')))
		return STEP_REACHED;
	return seen[0] ? STEP_FOREIGN : STEP_GO;
}

static void rescan_describe(const struct step *step, char *buf, size_t size)
{
	(void)step;
	(void)snprintf(buf, size, "rescan its bus");
}

const struct step_ops step_rescan = {
	.name = "rescan",
	.deadline_ms = 90000, /* drivers probe what is found */
	.valid = device_presence_valid,
	.write = rescan_write,
	.look = device_presence_look,
	.judge = rescan_judge,
	.explain = device_presence_explain,
	.describe = rescan_describe,
};

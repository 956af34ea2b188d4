/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-unbind.h"

#include "plan/driver-link.h"

static bool unbind_write(const struct step *step, struct step_write *ret)
{
	return driver_link_write(step, step->found, step->direction == STEP_UNDO, ret);
}

static enum step_verdict unbind_judge(const struct step *step, const char *seen,
				      bool written)
{
	(void)written;
	return driver_link_judge(step->found, step->direction == STEP_UNDO, seen);
}

/* Since the gate looked, what had to be done before may have taken a while. */
static bool unbind_spares_disks(const struct step *step)
{
	return step->direction == STEP_DO && step->disks;
}

static void unbind_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size,
		       step->direction == STEP_DO ? "unbind from %s" : "bind back to %s",
		       step->found);
}

const struct step_ops step_unbind = {
	.name = "unbind",
	.deadline_ms = 30000,
	.spares_disks = unbind_spares_disks,
	.write = unbind_write,
	.look = driver_link_look,
	.judge = unbind_judge,
	.describe = unbind_describe,
};

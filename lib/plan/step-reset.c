/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-reset.h"

#include <string.h>

#include "host/look.h"

/* The kernel resets a device that a running guest holds without a word. */
static bool reset_needs_idle(const struct step *step)
{
	return step->direction == STEP_DO;
}

static bool reset_write(const struct step *step, struct step_write *ret)
{
	step_device_path(step, "reset", ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "1");
	return step->direction == STEP_DO;
}

static void reset_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_CONFIG, "/sys/bus/pci/devices/%s/config", BDF(&step->bdf));
}

/* A device that did not come back answers reads of its configuration space with ones. */
static enum step_verdict reset_judge(const struct step *step, const char *seen,
				     bool written)
{
	if (step->direction == STEP_UNDO)
		return STEP_REACHED;
	if (!strcmp(seen, "ffff"))
		return STEP_FOREIGN;
	return written ? STEP_REACHED : STEP_GO;
}

static void reset_describe(const struct step *step, char *buf, size_t size)
{
	(void)step;
	(void)snprintf(buf, size, "reset");
}

const struct step_ops step_reset = {
	.name = "reset",
	.deadline_ms = 90000,
	.needs_idle = reset_needs_idle,
	.write = reset_write,
	.look = reset_look,
	.judge = reset_judge,
	.describe = reset_describe,
};

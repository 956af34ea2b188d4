/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-remove.h"

#include <string.h>

#include "plan/device-presence.h"

static bool remove_write(const struct step *step, struct step_write *ret)
{
	if (step->direction == STEP_UNDO)
		return device_presence_rescan(step, ret);
	step_device_path(step, "remove", ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "1");
	return true;
}

static enum step_verdict remove_judge(const struct step *step, const char *seen,
				      bool written)
{
	(void)written;
	if (step->direction == STEP_DO)
		return seen[0] ? STEP_GO : STEP_REACHED;
	/* Perhaps in another group, but there. */
	return !strncmp(seen, step->found, strcspn(step->found, " ")) && seen[0]
		       ? STEP_REACHED
		       : STEP_GO;
}

static void remove_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size,
		       step->direction == STEP_DO ? "remove it from the kernel"
						  : "find it again");
}

const struct step_ops step_remove = {
	.name = "remove",
	.deadline_ms = 60000,
	.valid = device_presence_valid,
	.write = remove_write,
	.look = device_presence_look,
	.judge = remove_judge,
	.explain = device_presence_explain,
	.describe = remove_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-override.h"

#include <string.h>

#include "host/look.h"

static const char *target(const struct step *step)
{
	return step->direction == STEP_DO ? step->want : step->found;
}

static bool override_write(const struct step *step, struct step_write *ret)
{
	step_device_path(step, "driver_override", ret->path);
	/* An empty write does nothing; a newline clears (kernel, drivers/base/driver.c).
	 */
	(void)snprintf(ret->value, sizeof(ret->value), "%s",
		       target(step)[0] ? target(step) : "\n");
	return true;
}

static void override_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_READ, "/sys/bus/pci/devices/%s/driver_override",
		     BDF(&step->bdf));
}

static enum step_verdict override_judge(const struct step *step, const char *seen,
					bool written)
{
	const char *start = step->direction == STEP_DO ? step->found : step->want;

	(void)written;
	if (!strcmp(seen, "(null)"))
		seen = "";
	if (!strcmp(seen, target(step)))
		return STEP_REACHED;
	/* Nobody wants anything with it any more: that is no other's wish. So it is when
	 * a rescan has lost it, and the run was cut off before it was written. */
	if (!seen[0] && (step->direction == STEP_DO || step->partly))
		return STEP_GO;
	return !strcmp(seen, start) ? STEP_GO : STEP_FOREIGN;
}

static void override_describe(const struct step *step, char *buf, size_t size)
{
	if (target(step)[0])
		(void)snprintf(buf, size, "set driver_override to %s", target(step));
	else
		(void)snprintf(buf, size, "clear driver_override");
}

const struct step_ops step_override = {
	.name = "override",
	.deadline_ms = 5000,
	.write = override_write,
	.look = override_look,
	.judge = override_judge,
	.describe = override_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-power.h"

#include <string.h>

#include "plan/attribute.h"

static bool power_valid(const struct step *step)
{
	return (!strcmp(step->found, "on") || !strcmp(step->found, "auto")) &&
	       (!strcmp(step->want, "on") || !strcmp(step->want, "auto"));
}

static bool power_write(const struct step *step, struct step_write *ret)
{
	return attribute_write(step, "power/control", ret);
}

static void power_look(const struct step *step, struct child_request *ret)
{
	attribute_look(step, "power/control", ret);
}

static enum step_verdict power_judge(const struct step *step, const char *seen,
				     bool written)
{
	(void)written;
	return attribute_judge(step, seen);
}

static void power_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size, "set power/control to %s", attribute_target(step));
}

const struct step_ops step_power = {
	.name = "power",
	.deadline_ms = 10000, /* it wakes the device */
	.aside = step_always,
	.valid = power_valid,
	.write = power_write,
	.look = power_look,
	.judge = power_judge,
	.describe = power_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-d3cold.h"

#include <string.h>

#include "plan/attribute.h"

static bool d3cold_valid(const struct step *step)
{
	return (!strcmp(step->found, "0") || !strcmp(step->found, "1")) &&
	       (!strcmp(step->want, "0") || !strcmp(step->want, "1"));
}

static bool d3cold_write(const struct step *step, struct step_write *ret)
{
	return attribute_write(step, "d3cold_allowed", ret);
}

static void d3cold_look(const struct step *step, struct child_request *ret)
{
	attribute_look(step, "d3cold_allowed", ret);
}

static enum step_verdict d3cold_judge(const struct step *step, const char *seen,
				      bool written)
{
	(void)written;
	return attribute_judge(step, seen);
}

static void d3cold_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size, "set d3cold_allowed to %s", attribute_target(step));
}

const struct step_ops step_d3cold = {
	.name = "d3cold",
	.deadline_ms = 10000, /* it wakes the device */
	.aside = step_always,
	.valid = d3cold_valid,
	.write = d3cold_write,
	.look = d3cold_look,
	.judge = d3cold_judge,
	.describe = d3cold_describe,
};

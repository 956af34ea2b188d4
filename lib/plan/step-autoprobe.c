/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-autoprobe.h"

#include <string.h>

#include "plan/attribute.h"

/* Whether the host's drivers take virtual functions that are made from now on. */
static const char name[] = "sriov_drivers_autoprobe";

static bool is_switch(const char *text)
{
	return !strcmp(text, "0") || !strcmp(text, "1");
}

static bool autoprobe_valid(const struct step *step)
{
	return is_switch(step->found) && is_switch(step->want);
}

static bool autoprobe_write(const struct step *step, struct step_write *ret)
{
	return attribute_write(step, name, ret);
}

static void autoprobe_look(const struct step *step, struct child_request *ret)
{
	attribute_look(step, name, ret);
}

static enum step_verdict autoprobe_judge(const struct step *step, const char *seen,
					 bool written)
{
	(void)written;
	return attribute_judge(step, seen);
}

static void autoprobe_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size, "set %s to %s", name, attribute_target(step));
}

const struct step_ops step_autoprobe = {
	.name = "autoprobe",
	.deadline_ms = 10000,
	.shared = true,
	.keeps = true,
	.valid = autoprobe_valid,
	.write = autoprobe_write,
	.look = autoprobe_look,
	.judge = autoprobe_judge,
	.describe = autoprobe_describe,
};

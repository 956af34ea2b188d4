/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-module.h"

#include "host/look.h"

static bool module_write(const struct step *step, struct step_write *ret)
{
	ret->module = true;
	(void)snprintf(ret->value, sizeof(ret->value), "%s", step->want);
	return step->direction == STEP_DO;
}

/* Its driver is what is wanted, built in or loaded. */
static void module_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_EXISTS, "/sys/bus/pci/drivers/%s", step->want);
}

static enum step_verdict module_judge(const struct step *step, const char *seen,
				      bool written)
{
	(void)written;
	return seen[0] || step->direction == STEP_UNDO ? STEP_REACHED : STEP_GO;
}

static void module_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size, "load module %s", step->want);
}

const struct step_ops step_module = {
	.name = "module",
	.deadline_ms = 60000,
	.write = module_write,
	.look = module_look,
	.judge = module_judge,
	.describe = module_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-reprobe.h"

#include <string.h>

#include "plan/attribute.h"

/*
 * The list that the kernel shows was made while the bus was being scanned: function 0 of
 * a card lists a bus reset that is none once its siblings are there. "default" makes it
 * anew (kernel, drivers/pci/pci.c, reset_method_store and pci_init_reset_methods).
 */
static bool reprobe_valid(const struct step *step)
{
	return !strcmp(step->want, "default") && !strpbrk(step->found, "\n\"\\");
}

static bool reprobe_write(const struct step *step, struct step_write *ret)
{
	/* The original list may name what does not work: the kernel does not take it. */
	if (step->direction == STEP_UNDO)
		ret->or_else = "default";
	return attribute_write(step, "reset_method", ret);
}

static void reprobe_look(const struct step *step, struct child_request *ret)
{
	attribute_look(step, "reset_method", ret);
}

static enum step_verdict reprobe_judge(const struct step *step, const char *seen,
				       bool written)
{
	if (written)
		return STEP_REACHED;
	return step->direction == STEP_DO ? STEP_GO : attribute_judge(step, seen);
}

static void reprobe_describe(const struct step *step, char *buf, size_t size)
{
	if (step->direction == STEP_DO)
		(void)snprintf(buf, size, "look for its reset methods anew");
	else
		(void)snprintf(buf, size, "put reset_method back to '%s'", step->found);
}

const struct step_ops step_reprobe = {
	.name = "reprobe",
	.deadline_ms = 10000,
	.aside = step_always,
	.valid = reprobe_valid,
	.write = reprobe_write,
	.look = reprobe_look,
	.judge = reprobe_judge,
	.describe = reprobe_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-keep.h"

#include <string.h>

#include "plan/attribute.h"

/* What other steps lose: @want names it, as a '/' could not stand in a journal's name. */
static const struct kept {
	const char *name, *path;
} table[] = {
	{"power", "power/control"},
	{"d3cold", "d3cold_allowed"},
	{"reset_method", "reset_method"},
	{"autoprobe", "sriov_drivers_autoprobe"},
	{"driver_override", "driver_override"},
};

static const struct kept *find(const struct step *step)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, step->want))
			return &table[i];
	return NULL;
}

static bool is_methods(const struct step *step)
{
	return !strcmp(step->want, "reset_method");
}

static bool keep_valid(const struct step *step)
{
	return find(step) && !strpbrk(step->found, "\n\"\\");
}

static bool keep_write(const struct step *step, struct step_write *ret)
{
	/* The original list may name what does not work: the kernel does not take it. */
	if (is_methods(step))
		ret->or_else = "default";
	return step->direction == STEP_UNDO &&
	       attribute_write(step, find(step)->path, ret);
}

static void keep_look(const struct step *step, struct child_request *ret)
{
	attribute_look(step, find(step)->path, ret);
}

static enum step_verdict keep_judge(const struct step *step, const char *seen,
				    bool written)
{
	if (step->direction == STEP_DO || (written && is_methods(step)))
		return STEP_REACHED;
	return attribute_judge(step, strcmp(seen, "(null)") != 0 ? seen : "");
}

static void keep_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size,
		       step->direction == STEP_DO ? "remember %s (%s)"
						  : "put %s back to '%s'",
		       find(step)->path, step->found);
}

const struct step_ops step_keep = {
	.name = "keep",
	.deadline_ms = 10000,
	.aside = step_always,
	.keeps = true,
	.valid = keep_valid,
	.write = keep_write,
	.look = keep_look,
	.judge = keep_judge,
	.describe = keep_describe,
};

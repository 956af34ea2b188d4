/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-methods.h"

#include <string.h>

#include "plan/attribute.h"
#include "spec/reset-method.h"

/* What is wanted and works, as a text; the kernel refuses a list with anything else. */
static const char *choose(const struct step *step, const char *seen,
			  char buf[static RESET_CHAIN_TEXT])
{
	struct reset_chain wanted, offered, both;

	reset_chain_read(step->want, &wanted);
	reset_chain_read(seen, &offered);
	both = reset_chain_offered(&wanted, &offered);
	if (!both.n && step->none == STEP_NONE_LEFT)
		return seen;
	return reset_chain_text(&both, buf);
}

static bool methods_valid(const struct step *step)
{
	struct reset_chain chain;
	char text[RESET_CHAIN_TEXT];

	reset_chain_read(step->want, &chain);
	return !step->found[0] && !strcmp(reset_chain_text(&chain, text), step->want);
}

static bool methods_write(const struct step *step, struct step_write *ret)
{
	char text[RESET_CHAIN_TEXT];
	const char *list = step->want;

	if (ret->seen)
		list = choose(step, ret->seen, text);
	step_device_path(step, "reset_method", ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "%s", list[0] ? list : "\n");
	return step->direction == STEP_DO;
}

static void methods_look(const struct step *step, struct child_request *ret)
{
	attribute_look(step, "reset_method", ret);
}

static enum step_verdict methods_judge(const struct step *step, const char *seen,
				       bool written)
{
	char text[RESET_CHAIN_TEXT];
	const char *works = choose(step, seen, text);

	(void)written;
	if (step->direction == STEP_UNDO)
		return STEP_REACHED;
	if (step->want[0] && !works[0] && step->none == STEP_NONE_FAILS)
		return STEP_FOREIGN;
	return !strcmp(works, seen) ? STEP_REACHED : STEP_GO;
}

static void methods_explain(const struct step *step, const char *seen, char *buf,
			    size_t size)
{
	(void)snprintf(buf, size,
		       "%s does not work for it here; the kernel offers %s%s: correct "
		       "reset in the policy",
		       step->want, seen[0] ? "only: " : "no method", seen);
}

static void methods_describe(const struct step *step, char *buf, size_t size)
{
	if (step->want[0])
		(void)snprintf(buf, size, "use the reset methods %s", step->want);
	else
		(void)snprintf(buf, size, "switch its resets off");
}

const struct step_ops step_methods = {
	.name = "methods",
	.deadline_ms = 10000,
	.valid = methods_valid,
	.write = methods_write,
	.look = methods_look,
	.judge = methods_judge,
	.explain = methods_explain,
	.describe = methods_describe,
};

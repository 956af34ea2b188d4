/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/apply.h"

struct apply apply_asked(const struct context *context, const struct apply *apply)
{
	struct apply full = *apply;

	full.root = &context->root;
	full.dry = context->value[OPTION_DRY_RUN] != NULL;
	return full;
}

struct json_object *apply_tell(const struct context *context,
			       const struct outcome *outcome)
{
	bool plan = context->value[OPTION_DRY_RUN] || context->value[OPTION_VERBOSE];

	if (context->format != FORMAT_TEXT)
		return report_json(outcome);
	if (outcome->exit || !context->value[OPTION_QUIET])
		report_text(&context->root, outcome, plan ? REPORT_PLAN : REPORT_HOOK,
			    outcome->exit && !outcome->dry ? stderr : stdout);
	return NULL;
}

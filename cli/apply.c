/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/apply.h"

int apply_and_tell(struct context *context, const struct apply *apply,
		   struct json_object **ret)
{
	_cleanup_(outcome_free) struct outcome outcome;
	struct apply full = *apply;
	bool plan = context->value[OPTION_DRY_RUN] || context->value[OPTION_VERBOSE];
	int code;

	full.root = &context->root;
	full.dry = context->value[OPTION_DRY_RUN] != NULL;
	code = apply_run(&full, &outcome);
	if (context->format != FORMAT_TEXT)
		*ret = report_json(&outcome);
	else if (code || !context->value[OPTION_QUIET])
		report_text(&context->root, &outcome, plan ? REPORT_PLAN : REPORT_HOOK,
			    code && !full.dry ? stderr : stdout);
	return code;
}

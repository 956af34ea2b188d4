/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/phase.h"
#include "cli/command.h"

static int run(struct context *context)
{
	static const enum change changes[_PHASE_MAX] = {
		[PHASE_PRE_START] = CHANGE_PRE_START,
		[PHASE_POST_START] = CHANGE_POST_START,
		[PHASE_PRE_STOP] = CHANGE_PRE_STOP,
		[PHASE_POST_STOP] = CHANGE_POST_STOP,
	};
	struct request request = {
		.root = &context->root,
		.node = context->value[OPTION_NODE],
		.dry = true,
	};
	enum phase phase = PHASE_PRE_START;
	struct json_object *report;
	int code;

	if (!argument_vmid(context, 0, &request.vmid))
		return EXIT_CODE_USAGE;
	if (context->arguments > 1)
		phase = phase_parse(context->argument[1]);
	if (phase == _PHASE_INVALID)
		return usage_error(
			context->command,
			"there is no phase '%s': there are pre-start, post-start, "
			"pre-stop, post-stop",
			context->argument[1]);
	request.change = changes[phase];
	code = change_run(context, &request, REPORT_PLAN, &report);
	if (context->format != FORMAT_TEXT)
		json_print(context, report);
	return code;
}

const struct command command_plan = {
	.name = "plan",
	.arguments = "VMID [PHASE]",
	.summary = "show what a phase would do, write by write; make none of them",
	.help = "PHASE is pre-start (the default), post-start, pre-stop or post-stop.\n"
		"Exit code: 0 it would be done, 1 it would be refused, 75 the machine is "
		"busy,\n"
		"78 the configuration is wrong.\n",
	.min = 1,
	.max = 2,
	.run = run,
};

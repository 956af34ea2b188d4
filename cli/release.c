/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "run/journal.h"

/* A machine without any journal is told so once. */
static bool concerns(const struct context *context, uint32_t vmid, enum scope scope)
{
	bool others = false;

	if (journal_exists(&context->root, vmid, scope))
		return true;
	for (int s = SCOPE_ALL + 1; s < _SCOPE_MAX; s++)
		others |= journal_exists(&context->root, vmid, (enum scope)s);
	return scope == SCOPE_ALL && !others;
}

/* The report alone, or of several {"ok":BOOL,"exit":N,"reports":[...]}. */
static void print_reports(const struct context *context, int code,
			  struct json_object *reports)
{
	struct json_object *o = json_object_array_get_idx(reports, 0);

	if (json_object_array_length(reports) == 1) {
		json_print(context, json_object_get(o));
		json_object_put(reports);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(!code));
	json_object_object_add(o, "exit", json_object_new_int(code));
	json_object_object_add(o, "reports", reports);
	json_print(context, o);
}

static int run(struct context *context)
{
	struct request request = {
		.root = &context->root,
		.node = context->value[OPTION_NODE],
		.change = CHANGE_RELEASE,
	};
	struct json_object *reports, *report = NULL;
	int code = EXIT_CODE_DONE;

	if (!argument_vmid(context, 0, &request.vmid))
		return EXIT_CODE_USAGE;
	if (!command_is_root(context, "release"))
		return EXIT_CODE_REFUSED;
	reports = json_object_new_array();
	for (int scope = 0; scope < _SCOPE_MAX; scope++) {
		int r;

		if (!concerns(context, request.vmid, (enum scope)scope))
			continue;
		request.scope = (enum scope)scope;
		r = change_run(context, &request, REPORT_HOOK, &report);
		code = code ? code : r;
		json_object_array_add(reports, report);
	}
	if (context->format != FORMAT_TEXT)
		print_reports(context, code, reports);
	else
		json_object_put(reports);
	return code;
}

const struct command command_release = {
	.name = "release",
	.arguments = "VMID",
	.summary = "give the devices that a stopped machine keeps back to the host now",
	.help = "A disk of the guest becomes visible to the host: its md arrays and LVM "
		"volume\n"
		"groups may be assembled at once.\n"
		"Exit code: 0 done or nothing to do, 2 something could not be given "
		"back,\n"
		"75 the machine runs or is being started or stopped, 78 there is no such "
		"machine.\n",
	.min = 1,
	.max = 1,
	.run = run,
};

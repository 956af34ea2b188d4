/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/attach.h"

/* What the start of a machine would be now: the plan of `hostpci plan`, and of it what
 * the gate says. */
static void check_one(struct attach *attach, uint32_t vmid)
{
	struct context *context = attach->context;
	struct request request = {
		.root = &context->root,
		.vmid = vmid,
		.change = CHANGE_PRE_START,
		.dry = true,
	};
	_cleanup_(outcome_free) struct outcome outcome;
	int code = machine_change(&request, &outcome);
	size_t devices = 0;

	for (size_t i = 0; i < outcome.shown_n; i++)
		devices += outcome.shown[i].wanted;
	/* One that runs has its devices, and says nothing about its next start. */
	attach->code |= code != 0 && code != EXIT_CODE_BUSY;
	json_object_array_add(attach->machines, report_json(&outcome));
	if (context->format != FORMAT_TEXT)
		return;
	if (code)
		report_text(&context->root, &outcome, REPORT_GATE, stdout);
	else if (!devices)
		attach_say(attach, "VM %u: no devices\n", vmid);
	else
		attach_say(attach, "VM %u: would start, %zu device%s\n", vmid, devices,
			   devices == 1 ? "" : "s");
	if (!code && !context->value[OPTION_QUIET])
		report_text(&context->root, &outcome, REPORT_GATE, stdout);
}

int attach_check(struct attach *attach)
{
	struct context *context = attach->context;
	struct json_object *o = json_object_new_object();
	char folder[STORAGE_PATH], text[sizeof(struct err)];
	const struct storage *storage;
	struct err err;
	int r;

	for (size_t i = 0; i < attach->n; i++)
		check_one(attach, attach->vmid[i]);
	r = storages_pick(&attach->storages, context->value[OPTION_STORAGE], attach->node,
			  &storage, &err);
	attach->code |= r < 0;
	if (r == 0)
		attach_say(attach, "hookscripts go into storage %s (%s)\n", storage->id,
			   storage_folder(storage, folder));
	else if (context->format == FORMAT_TEXT)
		(void)error_print(context, attach->code, &err);
	json_object_object_add(o, "ok", json_object_new_boolean(attach->code == 0));
	json_object_object_add(
		o, r < 0 ? "error" : "storage",
		json_object_new_string(r < 0 ? err_text(&err, text, sizeof(text))
					     : storage->id));
	json_object_object_add(o, "machines", json_object_get(attach->machines));
	if (context->format != FORMAT_TEXT)
		json_print(context, o);
	else
		json_object_put(o);
	return attach->code;
}

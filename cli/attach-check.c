/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/attach.h"

#include <errno.h>
#include <string.h>

#include "base/proc.h"
#include "cli/edit.h"

/* qm starts one that is locked by nothing but its own hibernation. */
static int may_start(const struct attach *attach, const struct target *target,
		     struct err *err)
{
	const struct vmtext *lock = vmfile_get(&target->vm->current, "lock");

	if (!vmfile_is_true(&target->vm->current, "lock") ||
	    !strcmp(lock->data, "suspended") ||
	    proc_vm_pid(&attach->context->root, target->vmid) != 0)
		return 0;
	return err_at(err, EBUSY, target->path, 0,
		      "the VM is locked (%s): Proxmox does not start it", lock->data);
}

/* What attach would refuse of a machine, beside what is wrong with the node. */
static int may_attach(struct attach *attach, const struct target *target, struct err *err)
{
	const struct storage *storage = attach_storage(attach, target->hookscript);
	char volume[STUB_VOLUME];
	int r = 0;

	if (storage && storage != attach->storage)
		r = stub_look(&attach->context->root, storage, err);
	if (r >= 0)
		r = attach_chains(attach, target, err);
	if (r >= 0)
		r = may_start(attach, target, err);
	if (r < 0 || !storage ||
	    !strcmp(target->hookscript, stub_volume(storage, volume)))
		return r;
	return edit_check(attach->context, target->vm, target->path, err);
}

static int note_template(struct attach *attach, const struct target *target,
			 struct err *err)
{
	(void)attach;
	(void)err;
	return vmfile_is_true(&target->vm->current, "template");
}

static void say_verdict(struct attach *attach, const struct outcome *outcome,
			bool is_template)
{
	size_t devices = 0;

	for (size_t i = 0; i < outcome->shown_n; i++)
		devices += outcome->shown[i].wanted;
	if (is_template)
		attach_say(attach, "VM %u: is a template, which nobody starts\n",
			   outcome->vmid);
	else if (outcome->exit == EXIT_CODE_BUSY &&
		 proc_vm_pid(&attach->context->root, outcome->vmid) != 0)
		attach_say(attach,
			   "VM %u: runs; whether it would start again is not looked at\n",
			   outcome->vmid);
	else if (outcome->exit)
		report_text(&attach->context->root, outcome, REPORT_GATE, stdout);
	else if (!devices)
		attach_say(attach, "VM %u: no devices\n", outcome->vmid);
	else
		attach_say(attach, "VM %u: would start, %zu device%s\n", outcome->vmid,
			   devices, devices == 1 ? "" : "s");
	if (!outcome->exit && !attach->context->value[OPTION_QUIET])
		report_text(&attach->context->root, outcome, REPORT_GATE, stdout);
}

/* The first that failed counts; whatever is wrong, nothing is busy here. */
static void fail(struct attach *attach, int code)
{
	if (!attach->code)
		attach->code =
			code == EXIT_CODE_CONFIG ? EXIT_CODE_CONFIG : EXIT_CODE_REFUSED;
}

/* Adds to the report of the start what else is in the way. */
static void check_config(struct attach *attach, const struct outcome *outcome,
			 struct target *target)
{
	char text[sizeof(struct err)];
	struct err err;
	int r = attach_look(attach, target, may_attach, &err);

	if (r >= 0)
		return;
	fail(attach, edit_exit_code(r));
	(void)err_text(&err, text, sizeof(text));
	json_object_object_add(target->result, "refused", json_object_new_string(text));
	if (attach->context->format == FORMAT_TEXT)
		(void)fprintf(stderr, "hostpci: VM %u: %s\n", outcome->vmid, text);
}

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
	struct target target = {.vmid = vmid, .result = report_json(&outcome)};
	struct err err;
	int looked = attach_look(attach, &target, note_template, &err);
	bool is_template = looked == 1;

	/* One that runs has its devices, and says nothing about its next start. */
	if (code && code != EXIT_CODE_BUSY && !is_template)
		fail(attach, code);
	if (is_template)
		json_object_object_add(target.result, "template",
				       json_object_new_boolean(true));
	json_object_array_add(attach->machines, target.result);
	if (context->format == FORMAT_TEXT)
		say_verdict(attach, &outcome, is_template);
	if (looked >= 0 || !code) /* else that is why it would not start */
		check_config(attach, &outcome, &target);
}

int attach_check(struct attach *attach)
{
	struct context *context = attach->context;
	struct json_object *o = json_object_new_object();
	char folder[STORAGE_PATH], text[sizeof(struct err)];
	struct err err;
	int r;

	r = storages_pick(&attach->storages, context->value[OPTION_STORAGE], attach->node,
			  &attach->storage, &err);
	if (r == 0)
		r = stub_look(&context->root, attach->storage, &err);
	if (r < 0)
		fail(attach, edit_exit_code(r));
	for (size_t i = 0; i < attach->n; i++)
		check_one(attach, attach->vmid[i]);
	if (r >= 0)
		attach_say(attach, "hookscripts go into storage %s (%s)\n",
			   attach->storage->id, storage_folder(attach->storage, folder));
	else if (context->format == FORMAT_TEXT)
		(void)error_print(context, attach->code, &err);
	json_object_object_add(o, "ok", json_object_new_boolean(attach->code == 0));
	if (r < 0)
		json_object_object_add(
			o, "error",
			json_object_new_string(err_text(&err, text, sizeof(text))));
	json_object_object_add(
		o, "storage", r < 0 ? NULL : json_object_new_string(attach->storage->id));
	json_object_object_add(o, "machines", json_object_get(attach->machines));
	if (context->format != FORMAT_TEXT)
		json_print(context, o);
	else
		json_object_put(o);
	return attach->code;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "cli/edit.h"
#include "spec/slot-check.h"

/* "update VM 100: -delete hostpci1 -hostpci0 01:00.0": the options by name, with the
 * values as they were given. */
static int update_line(const struct context *context, uint32_t vmid, struct vmtext *ret)
{
	static const enum option_id after[] = {OPTION_REVERT, OPTION_SKIPLOCK};
	/* hostpci0, 1, 10 to 15, 2, ...: as text. */
	static const unsigned order[LIMIT_SLOTS] = {0, 1, 10, 11, 12, 13, 14, 15,
						    2, 3, 4,  5,  6,  7,  8,  9};
	FILE *f = open_memstream(&ret->data, &ret->size);

	if (!f)
		return -ENOMEM;
	(void)fprintf(f, "update VM %u:", vmid);
	if (context->value[OPTION_DELETE])
		(void)fprintf(f, " -delete %s", context->value[OPTION_DELETE]);
	for (size_t i = 0; i < LIMIT_SLOTS; i++)
		if (context->slot[order[i]])
			(void)fprintf(f, " -hostpci%u %s", order[i],
				      context->slot[order[i]]);
	for (size_t i = 0; i < ARRAY_SIZE(after); i++)
		if (context->value[after[i]])
			(void)fprintf(f, " -%s %s", option_table[after[i]].name,
				      context->value[after[i]]);
	return fclose(f) == 0 ? 0 : -ENOMEM;
}

/* Once it is done: JSON is one object, this one or that of the error. */
static void say_json(const struct context *context, const struct vmtext *line)
{
	struct json_object *o;

	if (context->format == FORMAT_TEXT)
		return;
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(true));
	json_object_object_add(o, "printed", json_object_new_string(line->data));
	json_print(context, o);
}

/* With some values Proxmox takes, no machine starts. */
static int check_values(const struct context *context, struct err *err)
{
	_cleanup_(notes_free) struct notes notes = {0};
	char name[16];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++) {
		(void)snprintf(name, sizeof(name), "hostpci%u", i);
		if (context->slot[i])
			r = slot_value_check(context->slot[i], name, &notes, err);
		if (r < 0)
			(void)err_wrap(err, "%s", name);
	}
	warn_all(context, &notes);
	return r == -E2BIG || r == -ERANGE ? -EINVAL : r;
}

static int run(struct context *context)
{
	_cleanup_(vmtext_free) struct vmtext line = {0};
	struct edit edit = {.change = {.remove = context->value[OPTION_DELETE],
				       .revert = context->value[OPTION_REVERT]},
			    .digest = context->value[OPTION_DIGEST]};
	const struct vmedit *change = &edit.change;
	struct err err;
	int r;

	if (!argument_vmid(context, 0, &edit.vmid))
		return EXIT_CODE_USAGE;
	memcpy(edit.change.set, context->slot, sizeof(edit.change.set));
	if (!context->value[OPTION_HOSTPCI] && !(change->remove && change->remove[0]) &&
	    !(change->revert && change->revert[0]))
		return usage_error(context->command, "what is to be set or deleted?");
	if (!edit_is_here(context))
		return EXIT_CODE_USAGE;
	if (!command_is_root(context, "set"))
		return EXIT_CODE_REFUSED;
	r = update_line(context, edit.vmid, &line);
	edit.line = line.data;
	r = r < 0 ? err_set(&err, -r, "out of memory") : check_values(context, &err);
	if (r == 0)
		r = edit_run(context, &edit, &err);
	if (r < 0)
		return error_print(context, edit_exit_code(r), &err);
	say_json(context, &line);
	return EXIT_CODE_DONE;
}

const struct command command_set = {
	.name = "set",
	.arguments = "VMID",
	.summary = "change the hostpciN lines of a VM, as qm set does",
	.help = "The change takes place at once in a stopped machine; in a running one "
		"it is\n"
		"pending until it stops. --delete takes every option whose removal "
		"changes\n"
		"the file alone. Where qm's rewrite would drop lines of the file (junk, "
		"values\n"
		"of the wrong form), hostpci names them and refuses; --force drops "
		"them.\n"
		"Other options of a machine are set with qm.\n"
		"Exit code: 0 done, 1 it cannot be written or is qm's business, 75 the "
		"VM "
		"is\n"
		"locked, 78 the value or the file is wrong.\n",
	.options = 1U << OPTION_HOSTPCI | 1U << OPTION_DELETE | 1U << OPTION_REVERT |
		   1U << OPTION_DIGEST | 1U << OPTION_FORCE | 1U << OPTION_SKIPLOCK,
	.min = 1,
	.max = 1,
	.run = run,
};

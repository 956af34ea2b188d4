/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/node.h"
#include "base/proc.h"
#include "base/sha1.h"
#include "cli/command.h"
#include "spec/vmedit.h"
#include "spec/vmstore.h"

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

static void say_line(const struct context *context, const struct vmtext *line)
{
	if (context->format == FORMAT_TEXT && !context->value[OPTION_QUIET])
		(void)printf("%s\n", line->data);
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

/* Refuses a rewrite that would lose what the file holds. */
static int check_dropped(const struct context *context, const struct vmfile *vm,
			 const char *path, struct err *err)
{
	if (!vm->dropped.n)
		return 0;
	warn_all(context, &vm->dropped);
	if (option_on(context, OPTION_FORCE))
		return 0;
	return err_at(err, EINVAL, path, 0,
		      "a rewrite would drop what Proxmox does not understand (the first "
		      "of %zu: %.500s): correct the file, or drop it with --force as qm "
		      "set would",
		      vm->dropped.n, vm->dropped.text[0]);
}

static int check_state(const struct context *context, const struct vmfile *vm,
		       const struct vmtext *text, const char *path, struct err *err)
{
	const char *digest = context->value[OPTION_DIGEST];
	char now[SHA1_TEXT];

	if (digest && digest[0] && strcmp(digest, "0") != 0 &&
	    strcmp(sha1_text(text->data, text->size, now), digest) != 0)
		return err_at(
			err, EINVAL, path, 0,
			"was changed by somebody else: its digest is %s, not %s; look "
			"at it again (hostpci config)",
			now, digest);
	if (vmfile_is_true(&vm->current, "lock") && !option_on(context, OPTION_SKIPLOCK))
		return err_at(err, EBUSY, path, 0,
			      "the VM is locked (%s); --skiplock changes it all the same",
			      vmfile_get(&vm->current, "lock")->data);
	return 0;
}

static int replace(struct context *context, const struct vmedit *edit,
		   const struct vmstore *store, const struct vmtext *old, uint32_t vmid,
		   struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext changed = {0}, line = {0};
	_cleanup_(vmfile_free) struct vmfile vm = {0};
	_cleanup_(notes_free) struct notes notes = {0};
	int r = vmfile_parse(old->data, old->size, store->path, &vm, err);

	if (r == 0)
		r = check_state(context, &vm, old, store->path, err);
	if (r < 0)
		return r;
	if (update_line(context, vmid, &line) < 0)
		return err_set(err, ENOMEM, "out of memory");
	r = vmedit_apply(edit, old, store->path, &changed, &notes, err);
	if (r == 0 && changed.data)
		r = check_dropped(context, &vm, store->path, err);
	/* qm says what it does before it looks whether it can. */
	if (r == 0 || (r == -EINVAL && option_on(context, OPTION_FORCE)))
		say_line(context, &line);
	warn_all(context, &notes);
	if (r == 0 && changed.data)
		r = vmstore_replace(&context->root, store, &changed, err);
	if (r == 0)
		say_json(context, &line);
	return r;
}

/* Under Proxmox's lock of the config, which is read again inside. */
static int change(struct context *context, struct vmedit *edit, uint32_t vmid,
		  struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0};
	_cleanup_close_ int lock = -1;
	struct vmstore store;

	lock = vmstore_lock(&context->root, vmid, err);
	if (lock < 0)
		return lock;
	if (vmstore_read(&context->root, NULL, vmid, &store, &text, err) < 0)
		return -err->code;
	edit->running = proc_vm_pid(&context->root, vmid) != 0;
	if (vmedit_check(edit, err) < 0)
		return -err->code;
	return replace(context, edit, &store, &text, vmid, err);
}

static int exists(const struct context *context, uint32_t vmid, struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0};
	struct vmstore store;

	return vmstore_read(&context->root, NULL, vmid, &store, &text, err);
}

static int exit_code(int r)
{
	if (r == 0)
		return EXIT_CODE_DONE;
	if (r == -EBUSY)
		return EXIT_CODE_BUSY;
	return r == -EINVAL || r == -ENOENT ? EXIT_CODE_CONFIG : EXIT_CODE_REFUSED;
}

/* Machines of another node are locked, and run, there. */
static bool is_here(const struct context *context)
{
	const char *node = context->value[OPTION_NODE];
	char here[NODE_NAME];

	return !node || !strcmp(node, node_name(&context->root, here));
}

static int run(struct context *context)
{
	struct vmedit edit = {.remove = context->value[OPTION_DELETE],
			      .revert = context->value[OPTION_REVERT]};
	struct err err;
	uint32_t vmid;
	int r;

	if (!argument_vmid(context, 0, &vmid))
		return EXIT_CODE_USAGE;
	memcpy(edit.set, context->slot, sizeof(edit.set));
	if (!context->value[OPTION_HOSTPCI] && !(edit.remove && edit.remove[0]) &&
	    !(edit.revert && edit.revert[0]))
		return usage_error(context->command, "what is to be set or deleted?");
	if (!is_here(context))
		return usage_error(context->command,
				   "a machine is changed on its own node: run it there");
	r = vmedit_check(&edit, &err);
	if (r == 0)
		r = exists(context, vmid, &err);
	if (r == 0)
		r = change(context, &edit, vmid, &err);
	return r < 0 ? error_print(context, exit_code(r), &err) : EXIT_CODE_DONE;
}

const struct command command_set = {
	.name = "set",
	.arguments = "VMID",
	.summary = "change the hostpciN lines of a VM, as qm set does",
	.help = "The change takes place at once in a stopped machine; in a running one "
		"it is\n"
		"pending until the next start. --delete takes every option whose removal "
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

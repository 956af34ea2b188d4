/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/edit.h"

#include <errno.h>
#include <string.h>

#include "base/node.h"
#include "base/proc.h"
#include "base/sha1.h"
#include "spec/vmstore.h"

static void say_line(const struct context *context, const struct edit *edit)
{
	if (context->format == FORMAT_TEXT && !context->value[OPTION_QUIET])
		(void)printf("%s\n", edit->line);
}

/* Refuses a rewrite that would lose what the file holds. */
static int check_dropped(const struct context *context, const struct vmfile *vm,
			 const char *path, struct err *err)
{
	if (!vm->dropped.n || option_on(context, OPTION_FORCE))
		return 0;
	return err_at(
		err, EINVAL, path, 0,
		"a rewrite would drop what Proxmox does not understand or use (the "
		"first of %zu: %.500s): correct the file, or drop it with --force as qm "
		"set would",
		vm->dropped.n, vm->dropped.text[0]);
}

static int check_lock(const struct context *context, const struct vmfile *vm,
		      const char *path, struct err *err)
{
	if (!vmfile_is_true(&vm->current, "lock") || option_on(context, OPTION_SKIPLOCK))
		return 0;
	return err_at(err, EBUSY, path, 0,
		      "the VM is locked (%s); --skiplock changes it all the same",
		      vmfile_get(&vm->current, "lock")->data);
}

int edit_check(const struct context *context, const struct vmfile *vm, const char *path,
	       struct err *err)
{
	int r = check_lock(context, vm, path, err);

	return r < 0 ? r : check_dropped(context, vm, path, err);
}

static int check_state(const struct context *context, const struct edit *edit,
		       const struct vmfile *vm, const struct vmtext *text,
		       const char *path, struct err *err)
{
	const char *digest = edit->digest;
	char now[SHA1_TEXT];

	if (digest && digest[0] && strcmp(digest, "0") != 0 &&
	    strcmp(sha1_text(text->data, text->size, now), digest) != 0)
		return err_at(
			err, EINVAL, path, 0,
			"was changed by somebody else: its digest is %s, not %s; look "
			"at it again (hostpci config)",
			now, digest);
	return check_lock(context, vm, path, err);
}

static int replace(const struct context *context, const struct edit *edit,
		   const struct vmstore *store, const struct vmtext *old, struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext changed = {0};
	_cleanup_(vmfile_free) struct vmfile vm = {0};
	_cleanup_(notes_free) struct notes notes = {0};
	int r = vmfile_parse(old->data, old->size, store->path, &vm, err);

	if (r == 0)
		r = check_state(context, edit, &vm, old, store->path, err);
	if (r < 0)
		return r;
	r = vmedit_apply(&edit->change, old, store->path, &changed, &notes, err);
	if (r == 0 && changed.data)
		warn_all(context, &vm.dropped);
	if (r == 0 && changed.data)
		r = check_dropped(context, &vm, store->path, err);
	/* qm says what it does before it looks whether it can. */
	if (r == 0 || (r == -EINVAL && option_on(context, OPTION_FORCE)))
		say_line(context, edit);
	warn_all(context, &notes);
	if (r == 0 && changed.data)
		r = vmstore_replace(&context->root, store, &changed, err);
	return r;
}

static int change(const struct context *context, struct edit *edit, struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0};
	_cleanup_close_ int lock = -1;
	struct vmstore store;

	lock = vmstore_lock(&context->root, edit->vmid, err);
	if (lock < 0)
		return lock;
	if (vmstore_read(&context->root, NULL, edit->vmid, &store, &text, err) < 0)
		return -err->code;
	edit->change.running = proc_vm_pid(&context->root, edit->vmid) != 0;
	if (vmedit_check(&edit->change, err) < 0)
		return -err->code;
	return replace(context, edit, &store, &text, err);
}

static int exists(const struct context *context, uint32_t vmid, struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0};
	struct vmstore store;

	return vmstore_read(&context->root, NULL, vmid, &store, &text, err);
}

int edit_run(const struct context *context, struct edit *edit, struct err *err)
{
	int r = vmedit_check(&edit->change, err);

	if (r == 0)
		r = exists(context, edit->vmid, err);
	return r < 0 ? r : change(context, edit, err);
}

int edit_exit_code(int r)
{
	if (r == 0)
		return EXIT_CODE_DONE;
	if (r == -EBUSY)
		return EXIT_CODE_BUSY;
	return r == -EINVAL || r == -ENOENT ? EXIT_CODE_CONFIG : EXIT_CODE_REFUSED;
}

bool edit_is_here(const struct context *context)
{
	const char *node = context->value[OPTION_NODE];
	char here[NODE_NAME];

	if (!node || !strcmp(node, node_name(&context->root, here)))
		return true;
	(void)usage_error(context->command,
			  "a machine is changed on its own node: run it there");
	return false;
}

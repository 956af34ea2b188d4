/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/attach.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/fileio.h"
#include "base/sha1.h"
#include "cli/edit.h"
#include "spec/hooks.h"
#include "spec/installed.h"
#include "spec/vmstore.h"

void attach_say(const struct attach *attach, const char *fmt, ...)
{
	const struct context *context = attach->context;
	va_list ap;

	if (context->format != FORMAT_TEXT || context->value[OPTION_QUIET])
		return;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
}

int attach_refuse(const struct attach *attach, int code, const struct err *err)
{
	const struct context *context = attach->context;
	struct json_object *o;
	char text[sizeof(*err)];

	if (context->format == FORMAT_TEXT)
		return error_print(context, code, err);
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(false));
	json_object_object_add(o, "error",
			       json_object_new_string(err_text(err, text, sizeof(text))));
	if (context->command == &command_attach)
		json_object_object_add(o, "storage", NULL);
	json_object_object_add(o, "machines", json_object_get(attach->machines));
	if (context->command == &command_attach && !context->value[OPTION_CHECK])
		json_object_object_add(o, "nodes", json_object_new_array());
	json_print(context, o);
	return code;
}

static int no_cluster(const struct attach *attach)
{
	const struct context *context = attach->context;
	struct err err;

	if (file_exists(&context->root, "/etc/pve"))
		(void)err_set(&err, ENOENT,
			      "/etc/pve is not mounted (systemctl status pve-cluster): "
			      "there are no VMs to be found in it");
	else
		(void)err_set(&err, ENOENT,
			      "this is no Proxmox node (there is no /etc/pve), so nobody "
			      "calls a hookscript: call 'hostpci-hook VMID pre-start' "
			      "before QEMU starts and 'hostpci-hook VMID post-stop' when "
			      "it has ended, see hostpci-hook(8)");
	return attach_refuse(attach, EXIT_CODE_REFUSED, &err);
}

static bool is_taken(const struct attach *attach, uint32_t vmid)
{
	for (size_t i = 0; i < attach->n; i++)
		if (attach->vmid[i] == vmid)
			return true;
	return false;
}

static int take_vmids(struct attach *attach)
{
	const struct context *context = attach->context;

	attach->vmid = calloc((size_t)context->arguments + 1, sizeof(*attach->vmid));
	if (!attach->vmid)
		return EXIT_CODE_REFUSED;
	for (int i = 0; i < context->arguments; i++) {
		uint32_t vmid;

		if (!argument_vmid(context, i, &vmid))
			return EXIT_CODE_USAGE;
		if (!is_taken(attach, vmid))
			attach->vmid[attach->n++] = vmid;
	}
	return 0;
}

int attach_begin(struct context *context, bool or_all, struct attach *ret)
{
	bool all = context->value[OPTION_ALL] || (or_all && !context->arguments);
	struct err err;

	*ret = (struct attach){.context = context, .machines = json_object_new_array()};
	if (!all && !context->arguments)
		return usage_error(context->command, "which VMs? (or --all)");
	if (all && context->arguments)
		return usage_error(context->command, "give VMIDs or --all");
	if (!edit_is_here(context) || (!all && take_vmids(ret)))
		return EXIT_CODE_USAGE;
	if (!file_exists(&context->root, "/etc/pve/qemu-server"))
		return no_cluster(ret);
	(void)node_name(&context->root, ret->node);
	if (storages_load(&context->root, &ret->storages, &err) < 0 ||
	    (all && vmstore_list(&context->root, NULL, &ret->vmid, &ret->n, &err) < 0))
		return attach_refuse(ret, EXIT_CODE_CONFIG, &err);
	return 0;
}

void attach_free(struct attach *attach)
{
	storages_free(&attach->storages);
	free(attach->vmid);
	json_object_put(attach->machines);
}

int attach_look(struct attach *attach, struct target *target,
		int (*one)(struct attach *, const struct target *, struct err *),
		struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0};
	_cleanup_(vmfile_free) struct vmfile vm = {0};
	const struct vmtext *now;
	struct vmstore store;
	int r = vmstore_read(&attach->context->root, NULL, target->vmid, &store, &text,
			     err);

	if (r == 0)
		r = vmfile_parse(text.data, text.size, store.path, &vm, err);
	if (r < 0)
		return r;
	now = vmfile_get(&vm.current, "hookscript");
	target->config = &text;
	target->vm = &vm;
	target->path = store.path;
	target->hookscript = now ? now->data : "";
	r = one(attach, target, err);
	target->config = NULL;
	target->vm = NULL;
	target->path = NULL;
	target->hookscript = NULL;
	return r;
}

void attach_each(struct attach *attach,
		 int (*one)(struct attach *attach, const struct target *target,
			    struct err *err))
{
	for (size_t i = 0; i < attach->n; i++) {
		struct json_object *o = json_object_new_object();
		struct target target = {.vmid = attach->vmid[i], .result = o};
		char text[sizeof(struct err)];
		struct err err;
		int r;

		json_object_object_add(o, "vmid", json_object_new_int64(target.vmid));
		r = attach_look(attach, &target, one, &err);
		json_object_object_add(o, "ok", json_object_new_boolean(r == 0));
		json_object_array_add(attach->machines, o);
		if (r == 0)
			continue;
		attach->code = attach->code ? attach->code : edit_exit_code(r);
		(void)err_text(&err, text, sizeof(text));
		json_object_object_add(o, "error", json_object_new_string(text));
		if (attach->context->format == FORMAT_TEXT)
			(void)fprintf(stderr, "hostpci: VM %u: %s\n", target.vmid, text);
	}
}

int attach_set(struct attach *attach, const struct target *target, const char *hookscript,
	       struct err *err)
{
	const char *skiplock = attach->context->value[OPTION_SKIPLOCK];
	const struct vmtext *config = target->config;
	struct edit edit = {.vmid = target->vmid};
	char digest[SHA1_TEXT], line[512];
	int r;

	if (hookscript[0])
		edit.change.hookscript = hookscript;
	else
		edit.change.remove = "hookscript";
	edit.digest = sha1_text(config->data, config->size, digest);
	edit.line = line;
	(void)snprintf(line, sizeof(line), "update VM %u: -%s %s%s%s", edit.vmid,
		       hookscript[0] ? "hookscript" : "delete",
		       hookscript[0] ? hookscript : "hookscript",
		       skiplock ? " -skiplock " : "", skiplock ? skiplock : "");
	r = edit_run(attach->context, &edit, err);
	if (r == 0)
		json_object_object_add(target->result, "printed",
				       json_object_new_string(line));
	return r;
}

const struct storage *attach_storage(const struct attach *attach, const char *now)
{
	const struct storage *storage = NULL;
	struct volume volume;
	struct err err;

	if (attach->context->value[OPTION_STORAGE] || !stub_is(now, &volume) ||
	    storages_pick(&attach->storages, volume.storage, attach->node, &storage,
			  &err) < 0)
		return attach->storage;
	return storage;
}

int attach_chains(const struct attach *attach, const struct target *target,
		  struct err *err)
{
	const char *now = target->hookscript;
	struct volume volume;

	if (!now[0] || stub_is(now, &volume))
		return 0;
	if (volume_parse(now, &volume) < 0)
		return err_set(err, EINVAL,
			       "its hookscript '%.200s' is none of a storage's snippets, "
			       "so it does not start: correct it, or remove it (qm set "
			       "%u --delete hookscript)",
			       now, target->vmid);
	return hooks_check(&attach->context->root, target->vmid, now, err) < 0
		       ? -err->code
		       : 1;
}

/* 1: the hookscript that is there already is called by ours from now on; 0: there is
 * none.
 */
static int chain(struct attach *attach, const struct target *target, struct err *err)
{
	const char *now = target->hookscript;
	int r = attach_chains(attach, target, err);

	if (r <= 0)
		return r;
	r = hooks_chain(&attach->context->root, target->vmid, now, err);
	if (r < 0)
		return r;
	json_object_object_add(target->result, "chained", json_object_new_string(now));
	return 1;
}

static int change(struct attach *attach, const struct target *target, const char *volume,
		  struct err *err)
{
	int chained = chain(attach, target, err), r;

	if (chained < 0)
		return chained;
	r = attach_set(attach, target, volume, err);
	if (r < 0 && chained)
		(void)!hooks_unchain(&attach->context->root, target->vmid,
				     target->hookscript, NULL);
	if (r == 0 && chained)
		attach_say(attach,
			   "VM %u: hostpci-hook calls %s, which was there before (hooks "
			   "in /etc/pve/hostpci/vm/%u.conf)\n",
			   target->vmid, target->hookscript, target->vmid);
	return r;
}

static int attach_one(struct attach *attach, const struct target *target, struct err *err)
{
	const struct storage *storage = attach_storage(attach, target->hookscript);
	char volume[STUB_VOLUME];
	int r = stub_put(&attach->context->root, storage, NULL, err);

	if (r < 0)
		return r;
	json_object_object_add(target->result, "hookscript",
			       json_object_new_string(stub_volume(storage, volume)));
	if (strcmp(target->hookscript, volume) != 0)
		return change(attach, target, volume, err);
	attach_say(attach, "VM %u: has the hookscript %s\n", target->vmid, volume);
	return 0;
}

/* The node itself: where the hookscript goes, its stub, and the cluster's note of it. */
static int prepare(struct attach *attach, struct err *err)
{
	const struct context *context = attach->context;
	struct installed installed = {.version = HOSTPCI_VERSION};
	char folder[STORAGE_PATH];
	bool made = false;
	int r;

	r = storages_pick(&attach->storages, context->value[OPTION_STORAGE], attach->node,
			  &attach->storage, err);
	if (r == 0)
		r = stub_put(&context->root, attach->storage, &made, err);
	if (r < 0)
		return r;
	(void)snprintf(installed.stub, sizeof(installed.stub), "%s/%s",
		       storage_folder(attach->storage, folder), STUB_NAME);
	if (made)
		attach_say(attach, "%s: made\n", installed.stub);
	return installed_write(&context->root, attach->node, &installed, err);
}

static int finish(struct attach *attach)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "ok", json_object_new_boolean(attach->code == 0));
	json_object_object_add(o, "storage", json_object_new_string(attach->storage->id));
	json_object_object_add(o, "machines", json_object_get(attach->machines));
	attach_nodes(attach, o);
	if (attach->context->format != FORMAT_TEXT)
		json_print(attach->context, o);
	else
		json_object_put(o);
	return attach->code;
}

static int run(struct context *context)
{
	_cleanup_(attach_free) struct attach attach;
	bool check = context->value[OPTION_CHECK] != NULL;
	int code = attach_begin(context, check, &attach), r;
	struct err err;

	if (code)
		return code;
	if (check)
		return attach_check(&attach);
	if (!command_is_root(context, "attach"))
		return EXIT_CODE_REFUSED;
	r = prepare(&attach, &err);
	if (r < 0)
		return attach_refuse(&attach, edit_exit_code(r), &err);
	attach_each(&attach, attach_one);
	return finish(&attach);
}

const struct command command_attach = {
	.name = "attach",
	.arguments = "VMID... | --all | --check [VMID...]",
	.summary = "make Proxmox call hostpci-hook for VMs, as their hookscript",
	.help = "--all: every VM of this node. What is called lies in the snippets "
		"of a\n"
		"storage, of a local one if there is one; it lets a VM start where "
		"hostpci is not\n"
		"installed. A hookscript that is there already is called by "
		"hostpci-hook, see\n"
		"hooks in hostpci-vm.conf(5). What other nodes need is told.\n"
		"--check says of VMs (without VMID: of all) whether they would start "
		"now.\n"
		"Exit code: 0 done, 1 it cannot be written, is not Proxmox, or a "
		"foreign file or\n"
		"hooks are in the way; with --check: a VM would not start; 75 a VM is "
		"locked,\n"
		"78 the configuration is wrong, there is no such VM, or no storage has "
		"snippets. Of\n"
		"several VMs that of the first that failed.\n",
	.options = 1U << OPTION_ALL | 1U << OPTION_CHECK | 1U << OPTION_STORAGE |
		   1U << OPTION_FORCE | 1U << OPTION_SKIPLOCK,
	.min = 0,
	.max = LIMIT_ARGUMENTS,
	.run = run,
};

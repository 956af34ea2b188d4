/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "cli/attach.h"
#include "run/journal.h"
#include "spec/hooks.h"

/* The hookscript that Proxmox is to call again: *@ret is "" if there is none. */
static int find_old(const struct attach *attach, uint32_t vmid, struct text_list *hooks,
		    const char **ret, struct err *err)
{
	const char *hook = hooks->text, *found = "";
	struct volume volume;
	unsigned volumes = 0;
	int r = spec_load_hooks(&attach->context->root, vmid, hooks, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < hooks->n; i++, hook += strlen(hook) + 1) {
		if (volume_parse(hook, &volume) < 0)
			continue;
		found = hook;
		volumes++;
	}
	if (volumes > 1)
		return err_set(err, EEXIST,
			       "its policy has several hooks, and Proxmox calls one: "
			       "name it with qm set %u --hookscript, or leave it "
			       "attached",
			       vmid);
	*ret = found;
	return 0;
}

/* Nobody takes back what it holds now, when it stops. */
static void say_held(struct attach *attach, uint32_t vmid)
{
	if (journal_exists(&attach->context->root, vmid, SCOPE_ALL))
		attach_say(attach,
			   "VM %u: holds devices: when it has stopped, hostpci release "
			   "%u gives them back\n",
			   vmid, vmid);
}

static int take_off(struct attach *attach, const struct target *target, struct err *err)
{
	struct text_list hooks = {0};
	const char *old = "";
	int r = find_old(attach, target->vmid, &hooks, &old, err);

	if (r == 0)
		r = attach_set(attach, target, old, err);
	if (r < 0)
		return r;
	say_held(attach, target->vmid);
	if (hooks.n > (old[0] ? 1 : 0))
		attach_say(
			attach,
			"VM %u: nobody calls the hooks of its policy from now on%s%s\n",
			target->vmid, old[0] ? ", but for " : "", old);
	if (!old[0])
		return 0;
	json_object_object_add(target->result, "hookscript", json_object_new_string(old));
	return hooks_unchain(&attach->context->root, target->vmid, old, err);
}

static int detach_one(struct attach *attach, const struct target *target, struct err *err)
{
	struct volume volume;

	if (stub_is(target->hookscript, &volume))
		return take_off(attach, target, err);
	attach_say(attach, "VM %u: hostpci-hook is not its hookscript\n", target->vmid);
	return 0;
}

static int run(struct context *context)
{
	_cleanup_(attach_free) struct attach attach;
	int code = attach_begin(context, false, &attach);
	struct json_object *o;

	if (code)
		return code;
	if (!command_is_root(context, "detach"))
		return EXIT_CODE_REFUSED;
	attach_each(&attach, detach_one);
	if (context->format == FORMAT_TEXT)
		return attach.code;
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(attach.code == 0));
	json_object_object_add(o, "machines", json_object_get(attach.machines));
	json_print(context, o);
	return attach.code;
}

const struct command command_detach = {
	.name = "detach",
	.arguments = "VMID... | --all",
	.summary = "take hostpci-hook off VMs, and restore the hookscript before it",
	.help = "With --all: every VM of this node. Devices that a machine holds stay "
		"with it;\n"
		"hostpci release gives them back when it has stopped. What lies in the "
		"snippets\n"
		"stays there: other VMs, or copies of this one, may name it.\n"
		"Exit code: 0 done, 1 it cannot be written, or there are several hooks; "
		"75 a VM\n"
		"is locked, 78 the configuration is wrong. Of several VMs that of the "
		"first that\n"
		"failed.\n",
	.options = 1U << OPTION_ALL | 1U << OPTION_FORCE | 1U << OPTION_SKIPLOCK,
	.min = 0,
	.max = LIMIT_ARGUMENTS,
	.run = run,
};

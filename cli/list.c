/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/proc.h"
#include "cli/command.h"
#include "run/journal.h"
#include "spec/spec.h"
#include "spec/vmfile.h"
#include "spec/vmoption.h"
#include "spec/vmstore.h"

enum { MEMORY_MIB = 512, GIB = 1 << 30 };

struct vm {
	uint32_t vmid;
	char name[256];
	double memory; /* MiB */
	double disk;   /* bytes of the boot disk */
	pid_t pid;     /* 0: stopped */
	bool declared; /* by a policy alone: memory and disk are not known */
};

/* "32G" in bytes. */
static double size_bytes(const char *text)
{
	static const char units[] = "KMGT";
	char *end;
	double size = strtod(text, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;

	for (const char *u = units; unit && u <= unit; u++)
		size *= 1024;
	return size;
}

/* 1: @key is a disk, its size in *@ret; 0: it is none. */
static int disk_size(const struct vmfile_section *section, const char *key, double *ret)
{
	const struct vmtext *value = vmfile_get(section, key);
	struct vmformat_values values;
	const char *media, *size;
	bool disk;

	if (!value || !vmoption_is_drive(key) ||
	    vmformat_parse(&vmformat_drive, value->data, &values, NULL) < 0)
		return 0;
	media = vmformat_get(&values, "media");
	size = vmformat_get(&values, "size");
	disk = !media || strcmp(media, "cdrom") != 0;
	*ret = disk && size ? size_bytes(size) : 0;
	vmformat_values_free(&values);
	return disk;
}

static double boot_disk(const struct vmfile_section *section)
{
	const struct vmtext *boot = vmfile_get(section, "boot");
	const struct vmtext *legacy = vmfile_get(section, "bootdisk");
	struct vmformat_values values = {0};
	const char *list = NULL, *word;
	double size = 0;
	size_t n;

	if (boot && vmformat_parse(&vmformat_boot, boot->data, &values, NULL) == 0 &&
	    !vmformat_get(&values, "legacy"))
		list = vmformat_get(&values, "order");
	else if (legacy)
		list = legacy->data;
	while (list && (word = vmoption_word(&list, &n))) {
		_cleanup_free_ char *key = strndup(word, n);

		if (key && disk_size(section, key, &size))
			break;
	}
	vmformat_values_free(&values);
	return size;
}

static double memory_mib(const struct vmfile_section *section)
{
	const struct vmtext *memory = vmfile_get(section, "memory");
	struct vmformat_values values;
	double mib = MEMORY_MIB;

	if (!memory || vmformat_parse(&vmformat_memory, memory->data, &values, NULL) < 0)
		return mib;
	mib = strtod(vmformat_get(&values, "current"), NULL);
	vmformat_values_free(&values);
	return mib;
}

/* 1: this is what its config says of it. */
static int look(const struct context *context, uint32_t vmid, struct vm *ret,
		struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0};
	_cleanup_(vmfile_free) struct vmfile file = {0};
	struct vm vm = {.vmid = vmid};
	struct vmstore store;
	const struct vmtext *name;
	int r;

	r = vmstore_read(&context->root, context->value[OPTION_NODE], vmid, &store, &text,
			 err);
	if (r == 0)
		r = vmfile_parse(text.data, text.size, store.path, &file, err);
	if (r < 0)
		return r;
	warn_all(context, &file.dropped);
	name = vmfile_is_true(&file.current, "name") ? vmfile_get(&file.current, "name")
						     : NULL;
	if (name)
		(void)snprintf(vm.name, sizeof(vm.name), "%s", name->data);
	else
		(void)snprintf(vm.name, sizeof(vm.name), "VM %u", vmid);
	vm.memory = memory_mib(&file.current);
	vm.disk = boot_disk(&file.current);
	vm.pid = proc_vm_pid(&context->root, vmid);
	*ret = vm;
	return 1;
}

/* QEMU of a machine that Proxmox does not know, as post-start has noted it. */
static pid_t noted_pid(const struct root *root, uint32_t vmid)
{
	_cleanup_(journal_freep) struct journal *j = NULL;

	if (journal_read(root, vmid, SCOPE_ALL, &j, NULL) < 0 || j->other_boot ||
	    !proc_alive(root, &j->qemu))
		return 0;
	return j->qemu.pid;
}

/* 1: a policy of this node declares its devices, and it has no config; 0: not so. */
static int look_policy(const struct context *context, uint32_t vmid, struct vm *ret,
		       struct err *err)
{
	_cleanup_(spec_free) struct spec spec = {0};
	int r = spec_load(&context->root, NULL, vmid, &spec, err);

	if (r < 0 && !spec.have_config)
		return r;
	if (spec.have_config || !spec_has_devices(&spec))
		return 0;
	*ret = (struct vm){.vmid = vmid, .declared = true};
	(void)snprintf(ret->name, sizeof(ret->name), "VM %u", vmid);
	ret->pid = noted_pid(&context->root, vmid);
	return 1;
}

static void print(const struct vm *vm, bool first)
{
	if (first)
		(void)printf("%10s %-20s %-10s %-10s %12s %-10s\n", "VMID", "NAME",
			     "STATUS", "MEM(MB)", "BOOTDISK(GB)", "PID");
	(void)printf("%10u %-20s %-10s ", vm->vmid, vm->name,
		     vm->pid ? "running" : "stopped");
	if (vm->declared)
		(void)printf("%-10s %12s ", "-", "-");
	else
		(void)printf("%-10.15g %12.2f ", vm->memory, vm->disk / GIB);
	(void)printf("%-10d\n", (int)vm->pid);
}

static struct json_object *vm_json(const struct vm *vm)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "vmid", json_object_new_int64(vm->vmid));
	json_object_object_add(o, "name", json_object_new_string(vm->name));
	json_object_object_add(o, "status",
			       json_object_new_string(vm->pid ? "running" : "stopped"));
	json_object_object_add(
		o, "maxmem",
		vm->declared ? NULL
			     : json_object_new_int64((int64_t)(vm->memory * (1 << 20))));
	json_object_object_add(o, "maxdisk",
			       vm->declared ? NULL
					    : json_object_new_int64((int64_t)vm->disk));
	json_object_object_add(o, "pid", json_object_new_int(vm->pid));
	return o;
}

struct list {
	const struct context *context;
	struct json_object *all;
	bool any;
	bool failed;
};

static void show(struct list *l, const struct vm *vm)
{
	if (l->context->format != FORMAT_TEXT)
		json_object_array_add(l->all, vm_json(vm));
	else
		print(vm, !l->any);
	l->any = true;
}

static void show_all(struct list *l, const uint32_t *vmid, size_t n,
		     int (*of)(const struct context *, uint32_t, struct vm *,
			       struct err *))
{
	char text[sizeof(struct err)];
	struct err err;
	struct vm vm;

	for (size_t i = 0; i < n; i++) {
		int r = of(l->context, vmid[i], &vm, &err);

		if (r > 0)
			show(l, &vm);
		if (r < 0)
			(void)fprintf(stderr, "hostpci: VM %u: %s\n", vmid[i],
				      err_text(&err, text, sizeof(text)));
		l->failed |= r < 0;
	}
}

static void fail(struct list *l, const struct err *err)
{
	(void)fprintf(stderr, "hostpci: %s\n", err->msg);
	l->failed = true;
}

static int run(struct context *context)
{
	_cleanup_free_ uint32_t *vms = NULL, *policies = NULL;
	struct list l = {.context = context, .all = json_object_new_array()};
	const char *node = context->value[OPTION_NODE];
	struct err err;
	size_t n = 0;

	if (vmstore_list(&context->root, node, &vms, &n, &err) < 0)
		fail(&l, &err);
	show_all(&l, vms, n, look);
	n = 0;
	if (!node && vmstore_list_policies(&context->root, &policies, &n, &err) < 0)
		fail(&l, &err);
	show_all(&l, policies, n, look_policy);
	if (context->format != FORMAT_TEXT)
		json_print(context, l.all);
	else
		json_object_put(l.all);
	return l.failed ? EXIT_CODE_REFUSED : EXIT_CODE_DONE;
}

const struct command command_list = {
	.name = "list",
	.arguments = "",
	.summary = "list the VMs of this node, as qm list does",
	.help = "JSON has sizes in bytes. What Proxmox drops from a file is named on "
		"stderr.\n"
		"Behind them come the machines whose devices a policy of this node alone "
		"declares.\n",
	.options = 1U << OPTION_FULL,
	.min = 0,
	.max = 0,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/proc.h"
#include "cli/command.h"
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
	return 0;
}

static void print(const struct vm *vm, bool first)
{
	if (first)
		(void)printf("%10s %-20s %-10s %-10s %12s %-10s\n", "VMID", "NAME",
			     "STATUS", "MEM(MB)", "BOOTDISK(GB)", "PID");
	(void)printf("%10u %-20s %-10s %-10.15g %12.2f %-10d\n", vm->vmid, vm->name,
		     vm->pid ? "running" : "stopped", vm->memory, vm->disk / GIB,
		     (int)vm->pid);
}

static struct json_object *vm_json(const struct vm *vm)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "vmid", json_object_new_int64(vm->vmid));
	json_object_object_add(o, "name", json_object_new_string(vm->name));
	json_object_object_add(o, "status",
			       json_object_new_string(vm->pid ? "running" : "stopped"));
	json_object_object_add(o, "maxmem",
			       json_object_new_int64((int64_t)(vm->memory * (1 << 20))));
	json_object_object_add(o, "maxdisk", json_object_new_int64((int64_t)vm->disk));
	json_object_object_add(o, "pid", json_object_new_int(vm->pid));
	return o;
}

static int run(struct context *context)
{
	_cleanup_free_ uint32_t *list = NULL;
	struct json_object *all = json_object_new_array();
	bool first = true;
	struct err err;
	struct vm vm;
	size_t n = 0;
	int r;

	r = vmstore_list(&context->root, context->value[OPTION_NODE], &list, &n, &err);
	if (r < 0)
		(void)fprintf(stderr, "hostpci: %s\n", err.msg);
	for (size_t i = 0; i < n; i++) {
		if (look(context, list[i], &vm, &err) < 0) {
			(void)fprintf(stderr, "hostpci: VM %u: %s\n", list[i], err.msg);
			r = -EIO;
		} else if (context->format != FORMAT_TEXT) {
			json_object_array_add(all, vm_json(&vm));
		} else {
			print(&vm, first);
			first = false;
		}
	}
	if (context->format != FORMAT_TEXT)
		json_print(context, all);
	else
		json_object_put(all);
	return r < 0 ? EXIT_CODE_REFUSED : EXIT_CODE_DONE;
}

const struct command command_list = {
	.name = "list",
	.arguments = "",
	.summary = "list the VMs of this node, as qm list does",
	.help = "JSON has sizes in bytes. What Proxmox drops from a file is named on "
		"stderr.\n",
	.options = 1U << OPTION_FULL,
	.min = 0,
	.max = 0,
	.run = run,
};

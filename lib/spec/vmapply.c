/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmapply.h"

#include <errno.h>
#include <string.h>

#include "spec/vmoption.h"
#include "spec/vmpending.h"

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static int only_qm(const char *name, struct err *err)
{
	return err_set(
		err, EOPNOTSUPP,
		"the pending change of '%s' moves a volume: apply it with qm set or "
		"by starting the machine",
		name);
}

/* The disk @name of @section; false: it has none. */
static bool disk(const struct vmfile_section *section, const char *name,
		 struct vmformat_values *ret)
{
	const struct vmtext *value = vmfile_get(section, name);

	return value && vmoption_is_drive(name) &&
	       vmformat_parse(&vmformat_drive, value->data, ret, NULL) == 0;
}

/* True if applying the change of disk @name leaves a volume without a use, or frees one:
 * Proxmox asks the storage whose it is. A medium of a drive has no owner. */
static bool moves_volume(const struct vmfile *vm, const char *name)
{
	struct vmformat_values old, new = {0};
	const char *volume, *media;
	bool moves;

	if (!disk(&vm->current, name, &old))
		return false;
	volume = vmformat_get(&old, "file");
	media = vmformat_get(&old, "media");
	moves = vmoption_is_cloudinit(volume) || !media || strcmp(media, "cdrom") != 0;
	if (moves && disk(&vm->pending, name, &new))
		moves = strcmp(vmformat_get(&new, "file"), volume) != 0;
	vmformat_values_free(&new);
	vmformat_values_free(&old);
	return moves;
}

/* Applying some pending changes takes storage or cloud-init images. */
static int check_pending(const struct vmfile *vm, const struct vmfile_section *deletions,
			 struct err *err)
{
	for (size_t i = 0; i < deletions->n; i++) {
		const char *name = deletions->entry[i].key;

		if (!strncmp(name, "unused", 6) || moves_volume(vm, name))
			return only_qm(name, err);
	}
	for (size_t i = 0; i < vm->pending.n; i++)
		if (moves_volume(vm, vm->pending.entry[i].key))
			return only_qm(vm->pending.entry[i].key, err);
	return vmfile_has_cloudinit(&vm->pending) ? only_qm("cloudinit", err) : 0;
}

/* The machine is stopped: all that is pending becomes current. */
int vmapply_stopped(struct vmfile *vm, struct err *err)
{
	_cleanup_(vmpending_names_free) struct vmfile_section names = {0};
	struct vmfile_section *pending = &vm->pending;
	int r = vmpending_names(pending, &names);

	if (r < 0)
		return no_memory(err);
	r = check_pending(vm, &names, err);
	if (r < 0)
		return r;
	vmfile_unset(pending, "delete");
	for (size_t i = 0; i < names.n; i++)
		vmfile_unset(&vm->current, names.entry[i].key);
	if (vmpending_cleanup(vm) < 0)
		return no_memory(err);
	while (pending->n) {
		const struct vmfile_entry *e = &pending->entry[0];

		if (vmfile_set(&vm->current, e->key, e->value.data, e->value.size, 0))
			return no_memory(err);
		vmfile_unset(pending, e->key);
	}
	return 0;
}

static bool is_at_once(const char *name)
{
	const struct vmoption *option = vmoption_find(name);

	return option && option->effect == VMOPTION_EFFECT_AT_ONCE;
}

/* The machine runs: what no QEMU needs to know of becomes current. Proxmox applies all
 * such values, but of the deletions only those that were asked for now. */
int vmapply_running(struct vmfile *vm, const char *asked, struct err *err)
{
	_cleanup_(vmpending_names_free) struct vmfile_section names = {0};
	struct vmfile_section *pending = &vm->pending;

	for (size_t i = 0; i < pending->n;) {
		const struct vmfile_entry *e = &pending->entry[i];

		if (!is_at_once(e->key)) {
			i++;
			continue;
		}
		if (vmfile_set(&vm->current, e->key, e->value.data, e->value.size, 0))
			return no_memory(err);
		vmfile_unset(pending, e->key);
	}
	if (vmpending_names(pending, &names) < 0)
		return no_memory(err);
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.entry[i].key;

		if (!is_at_once(name) || !vmoption_listed(asked, name))
			continue;
		vmfile_unset(&vm->current, name);
		if (vmpending_remove(pending, name) < 0)
			return no_memory(err);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/slot-merge.h"

#include <errno.h>
#include <string.h>

/* What a line does not set is all zeroes, which is its default there, but for rombar. */
static bool says_the_same(const struct wish *line, const struct wish *group,
			  enum key_id id)
{
	const struct key *key = &key_table[id];

	if (id == KEY_ROMBAR && !wish_has(line, id))
		return group->rombar;
	return !memcmp((const char *)line + key->offset,
		       (const char *)group + key->offset, key_size(key));
}

/* One key of a group that is the line's to say. */
static int contradict(struct spec *spec, unsigned n, enum key_id id, struct err *err)
{
	const struct slot *slot = &spec->slot[n];
	const char *name = key_table[id].name;

	if (id == KEY_HOST || id == KEY_MAPPING || id == KEY_VF_OF)
		return err_at(err, EINVAL, slot->group_file, slot->group_line,
			      "hostpci%u: %s names another device than Proxmox's own "
			      "line, %s, and Proxmox gives the guest what its line "
			      "names: remove %s here, or correct the line",
			      n, name, SLOT_PLACE(slot), name);
	if (id == KEY_MDEV)
		return err_at(err, EINVAL, slot->group_file, slot->group_line,
			      "hostpci%u: mdev is not as in Proxmox's own line, %s, and "
			      "Proxmox gives the guest what its line says%s: write "
			      "mdev=TYPE there, and remove it here",
			      n, SLOT_PLACE(slot),
			      wish_has(&slot->wish, KEY_MDEV) ? ""
							      : ", the whole device");
	notes_add(&spec->notes,
		  "%s:%u: hostpci%u: %s is not as in Proxmox's own line, %s, and has no "
		  "effect: Proxmox reads its line alone; write it there",
		  slot->group_file, slot->group_line, n, name, SLOT_PLACE(slot));
	return 0;
}

int slot_merge(struct spec *spec, unsigned n, const struct wish *group, struct err *err)
{
	struct slot *slot = &spec->slot[n];
	bool proxmox = slot->present && slot_is_proxmox(slot);
	int r = 0;

	for (int i = 0; r == 0 && i < _KEY_MAX; i++) {
		enum key_id id = (enum key_id)i;

		if (!wish_has(group, id))
			continue;
		if (!proxmox || !(key_table[i].where & KEY_IN_PROXMOX || id == KEY_VF_OF))
			wish_take(&slot->wish, group, id);
		else if (!says_the_same(&slot->wish, group, id))
			r = contradict(spec, n, id, err);
	}
	return r;
}

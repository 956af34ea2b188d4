/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/absent.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/qemu-args.h"

static void tell_rom(struct session *session, unsigned n, const struct slot *slot)
{
	char path[sizeof(ROM_FOLDER "/") + sizeof(slot->wish.romfile)];
	_cleanup_close_ int fd = -1;

	/* Proxmox takes 0 for none. */
	if (!wish_has(&slot->wish, KEY_ROMFILE) || !strcmp(slot->wish.romfile, "0"))
		return;
	(void)snprintf(path, sizeof(path), ROM_FOLDER "/%s", slot->wish.romfile);
	fd = root_openat(session->root, path, O_PATH, 0);
	if (fd < 0)
		notes_add(&session->outcome->warnings,
			  "%s: hostpci%u: romfile: %s is not there: QEMU would not start",
			  SLOT_PLACE(slot), n, path);
}

static void tell_protected(struct session *session, const struct address *address)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s%s", address->text,
		       address->whole_slot ? ".0" : "");
	if (!root_hassys(session->root, path))
		notes_add(&session->outcome->notes,
			  "protect in hostpci.conf: this host has no device %s",
			  address->text);
}

void absent_tell(struct session *session, const struct spec *spec)
{
	const struct address_list *list = &spec->host.protect;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		tell_rom(session, i, &spec->slot[i]);
	for (unsigned i = 0; session->request->dry && i < list->n; i++)
		tell_protected(session, &list->item[i]);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices on a function: its driver takes them along when it goes, and waits for
 * who has one open. */
#include "base/uuid.h"
#include "host/sysfs.h"
#include "host/use.h"

struct list {
	struct use *use;
	struct err *err;
};

static bool is_passing(const struct use *use, const struct uuid *uuid)
{
	for (size_t i = 0; i < use->claims; i++)
		if (use->claim[i].passing && uuid_equal(&use->claim[i].mdev, uuid))
			return true;
	return false;
}

static int add(void *context, const char *name)
{
	const struct list *l = context;
	struct holding *h;
	struct uuid uuid;

	if (uuid_parse(name, &uuid) < 0)
		return 0;
	h = use_add(l->use, GRADE_NEVER, l->err);
	if (!h)
		return -l->err->code;
	h->passing = is_passing(l->use, &uuid);
	SAY(h->what, "its mediated device %s", uuid.text);
	SAY(h->why, "is there");
	SAY(h->cure,
	    "stop the machine that has it; if nobody does: hostpci mdev remove %s",
	    uuid.text);
	return 0;
}

int use_mdevs(struct use *use, struct err *err)
{
	struct list list = {use, err};

	if (!sysfs_exists(use->root,
			  DEVICE_ATTR(&use->device->bdf, "mdev_supported_types")))
		return 0;
	return sysfs_each(use->root, DEVICE_ATTR(&use->device->bdf, ""), SYSFS_FOLDERS,
			  add, &list);
}

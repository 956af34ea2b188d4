/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that is on vfio already can be used through vfio's own files only. */
#include "host/sysfs.h"
#include "host/use.h"

struct list {
	struct use *use;
	struct err *err;
};

static int add(struct use *use, const char *node, const char *sysfs, struct err *err)
{
	char path[CHILD_PATH], number[32] = "";

	(void)snprintf(path, sizeof(path), "%s/dev", sysfs);
	if (sysfs_read(use->root, path, number, sizeof(number)) < 0)
		number[0] = '\0';
	/* Whoever drives the device would share it with the machine. */
	return use_add_node(use, GRADE_NEVER, node, number, err);
}

/* /dev/vfio/devices/vfioN, which iommufd's users open. */
static int each_device(void *context, const char *name)
{
	const struct list *l = context;
	char node[96], sysfs[CHILD_PATH];

	SAY(node, "/dev/vfio/devices/%s", name);
	(void)snprintf(sysfs, sizeof(sysfs), "class/vfio-dev/%s", name);
	return add(l->use, node, sysfs, l->err);
}

int use_vfio(struct use *use, struct err *err)
{
	const struct device *d = use->device;
	struct list list = {use, err};
	char node[96], sysfs[64];
	int r = 0;

	if (d->group >= 0) {
		SAY(node, "/dev/vfio/%d", d->group);
		(void)snprintf(sysfs, sizeof(sysfs), "class/vfio/%d", d->group);
		r = add(use, node, sysfs, err);
	}
	if (r == 0 && sysfs_exists(use->root, DEVICE_ATTR(&d->bdf, "vfio-dev")))
		r = sysfs_each(use->root, DEVICE_ATTR(&d->bdf, "vfio-dev"), SYSFS_FOLDERS,
			       each_device, &list);
	return r;
}

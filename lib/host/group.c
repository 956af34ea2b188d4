/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/group.h"

#include <errno.h>

#include "host/sysfs.h"

static int add_member(void *context, const char *name)
{
	struct group *group = context;
	struct bdf bdf;

	if (bdf_parse(name, &bdf) < 0)
		return 0; /* groups hold devices of other buses too */
	if (group->n == LIMIT_DEVICES)
		return -E2BIG;
	group->member[group->n++] = bdf;
	return 0;
}

int group_read(const struct root *root, int number, struct group *ret)
{
	char path[64];

	ret->n = 0;
	(void)snprintf(path, sizeof(path), "kernel/iommu_groups/%d/devices", number);
	return sysfs_each(root, path, SYSFS_LINKS, add_member, ret);
}

static int found(void *context, const char *name)
{
	(void)name;
	*(bool *)context = true;
	return 1;
}

bool group_iommu_present(const struct root *root)
{
	bool present = false;

	if (sysfs_each(root, "class/iommu", SYSFS_LINKS, found, &present) < 0)
		return false;
	return present;
}

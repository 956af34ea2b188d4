/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mdev.h"

#include <errno.h>
#include <string.h>

#include "base/name.h"
#include "base/number.h"
#include "host/sysfs.h"

enum { NVIDIA = 0x10de };

/* ".../0000:00:02.0/UUID": the folder that the device is in. */
static void parent_of(const char *target, char to[static LIMIT_NAME])
{
	const char *last = strrchr(target, '/'), *from = last;

	to[0] = '\0';
	if (!last)
		return;
	while (from > target && from[-1] != '/')
		from--;
	if (last - from < LIMIT_NAME)
		(void)snprintf(to, LIMIT_NAME, "%.*s", (int)(last - from), from);
	if (to[0] && !name_valid(to))
		to[0] = '\0';
}

int mdev_group(const struct root *root, const char *uuid)
{
	char path[128], text[32];
	uint64_t group;

	(void)snprintf(path, sizeof(path), "bus/mdev/devices/%s/iommu_group", uuid);
	if (sysfs_link(root, path, text, sizeof(text)) < 0 ||
	    number_parse(text, INT32_MAX, &group) < 0)
		return -1;
	return (int)group;
}

void mdev_read(const struct root *root, const char *parent, const char *uuid,
	       struct mdev_seen *ret)
{
	char path[CHILD_PATH], target[PATH_MAX];

	*ret = (struct mdev_seen){.group = -1};
	(void)snprintf(path, sizeof(path), "bus/mdev/devices/%s", uuid);
	if (sysfs_target(root, path, target, sizeof(target)) < 0 || !target[0]) {
		(void)snprintf(path, sizeof(path), "class/mdev_bus/%s/%s", parent, uuid);
		ret->there = ret->going = parent[0] && sysfs_exists(root, path);
		return;
	}
	ret->there = true;
	parent_of(target, ret->parent);
	(void)snprintf(path, sizeof(path), "bus/mdev/devices/%s/mdev_type", uuid);
	if (sysfs_link(root, path, ret->type, sizeof(ret->type)) < 0 ||
	    (ret->type[0] && !name_valid(ret->type)))
		ret->type[0] = '\0';
	ret->group = mdev_group(root, uuid);
	(void)snprintf(path, sizeof(path), "class/mdev_bus/%s/vendor", ret->parent);
	ret->cleans = sysfs_number(root, path, 0) == NVIDIA;
}

void mdev_seen_format(const struct mdev_seen *seen, char *buf, size_t size)
{
	if (!seen->there)
		buf[0] = '\0';
	else if (seen->going)
		(void)snprintf(buf, size, "going");
	else
		(void)snprintf(buf, size, "%d%s/%s/%s", seen->group,
			       seen->cleans ? " cleans" : "", seen->parent, seen->type);
}

/* No name has a '/' in it. */
void mdev_seen_parse(const char *text, struct mdev_seen *ret)
{
	const char *parent = strchr(text, '/');
	const char *type = parent ? strchr(parent + 1, '/') : NULL;
	char group[16];
	uint64_t n;

	*ret = (struct mdev_seen){
		.there = text[0] != '\0',
		.going = !strcmp(text, "going"),
		.group = -1,
	};
	if (!type)
		return;
	(void)snprintf(group, sizeof(group), "%.*s", (int)strcspn(text, " /"), text);
	if (number_parse(group, INT32_MAX, &n) == 0)
		ret->group = (int)n;
	ret->cleans = !strncmp(text + strlen(group), " cleans", strlen(" cleans"));
	(void)snprintf(ret->parent, sizeof(ret->parent), "%.*s", (int)(type - parent - 1),
		       parent + 1);
	(void)snprintf(ret->type, sizeof(ret->type), "%s", type + 1);
}

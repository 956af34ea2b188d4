/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mediated devices. SIMKERNEL/mdev/PARENT has how much room is left there, and
 * SIMKERNEL/mdev/PARENT.TYPE how much one of that type takes: types compete.
 */
#include "host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { UUID = 36 };

/* A mediated device: its parent's folder, and what it is called there. */
struct mdev {
	struct path parent;
	char address[64], type[64], uuid[UUID + 1], group[16];
};

/* Its folder, or the file or folder @name in it. */
static struct path at(const struct mdev *m, const char *name)
{
	struct path p = m->parent;
	size_t n = strlen(p.s);

	(void)snprintf(p.s + n, sizeof(p.s) - n, "/%s%s%s", m->uuid, name[0] ? "/" : "",
		       name);
	return p;
}

static struct path room_file(const char *address, const char *type)
{
	struct path p;

	(void)snprintf(p.s, sizeof(p.s), "%s/mdev/%s%s%s", sim.folder, address,
		       type[0] ? "." : "", type);
	return p;
}

static long room(const char *address, const char *type)
{
	char text[16];

	read_text(room_file(address, type), text, sizeof(text));
	return atol(text);
}

/* What is left for each type, as available_instances shows. */
static void take(const struct mdev *m, long n)
{
	char text[32];
	struct path types = m->parent;
	struct dirent *e;
	DIR *dir;

	(void)snprintf(text, sizeof(text), "%ld", room(m->address, "") - n);
	write_text(room_file(m->address, ""), text);
	(void)strcat(types.s, "/mdev_supported_types");
	dir = opendir(types.s);
	while (dir && (e = readdir(dir))) {
		struct path p = types;

		if (e->d_name[0] == '.')
			continue;
		(void)strcat(strcat(strcat(p.s, "/"), e->d_name), "/available_instances");
		(void)snprintf(text, sizeof(text), "%ld",
			       room(m->address, "") / room(m->address, e->d_name));
		write_text(p, text);
	}
	if (dir)
		closedir(dir);
}

/* The last part of @path, which is cut off. */
static void split(char *path, char *to, size_t size)
{
	char *last = strrchr(path, '/');

	(void)snprintf(to, size, "%s", last + 1);
	*last = '\0';
}

static const char *base(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* guid_parse() of the first 36 characters; a 37th is not looked at. */
static bool parse(const char *value, char uuid[static UUID + 1])
{
	size_t n = strlen(value);

	if (n < UUID || n > UUID + 1)
		return false;
	for (size_t i = 0; i < UUID; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? value[i] != '-' : !isxdigit((unsigned char)value[i]))
			return false;
		uuid[i] = (char)tolower((unsigned char)value[i]);
	}
	uuid[UUID] = '\0';
	return true;
}

static const char *from_sys(const struct path *p)
{
	return p->s + strlen(below("sys/").s);
}

/* The numbers of IOMMU groups follow the order of creation. */
static void add_group(struct mdev *m)
{
	struct path folder = at(m, ""), group;
	int n = 100;

	do
		(void)snprintf(m->group, sizeof(m->group), "%d", n++);
	while (exists(below("sys/kernel/iommu_groups/%s", m->group)));
	group = below("sys/kernel/iommu_groups/%s", m->group);
	(void)mkdir(group.s, 0755);
	(void)mkdir(below("sys/kernel/iommu_groups/%s/devices", m->group).s, 0755);
	link_to(from_sys(&folder),
		below("sys/kernel/iommu_groups/%s/devices", m->group).s, m->uuid);
	link_to(from_sys(&group), folder.s, "iommu_group");
	if (mknod(below("dev/vfio/%s", m->group).s, S_IFCHR | 0600, makedev(1, 7)) < 0)
		write_text(below("dev/vfio/%s", m->group), "");
}

static void appear(struct mdev *m)
{
	struct path folder = at(m, ""), type = m->parent, devices;

	(void)mkdir(folder.s, 0755);
	(void)mkdir(at(m, "nvidia").s, 0755);
	write_text(at(m, "remove"), "");
	write_text(at(m, "nvidia/vgpu_params"), "");
	(void)strcat(strcat(type.s, "/mdev_supported_types/"), m->type);
	link_to(from_sys(&type), folder.s, "mdev_type");
	devices = type;
	(void)strcat(devices.s, "/devices");
	link_to(from_sys(&folder), devices.s, m->uuid);
	add_group(m);
	link_to(from_sys(&folder), below("sys/bus/mdev/devices").s, m->uuid);
	take(m, room(m->address, m->type));
}

int answer_mdev_create(const struct sim_write *write)
{
	struct mdev m = {.parent = below("%s", write->path)};
	char word[64];

	split(m.parent.s, word, sizeof(word)); /* create */
	split(m.parent.s, m.type, sizeof(m.type));
	split(m.parent.s, word, sizeof(word)); /* mdev_supported_types */
	(void)snprintf(m.address, sizeof(m.address), "%s", base(m.parent.s));
	if (!parse(write->value, m.uuid))
		return EINVAL;
	if (exists(at(&m, "")) || exists(below("sys/bus/mdev/devices/%s", m.uuid)))
		return EEXIST;
	if (room(m.address, "") < room(m.address, m.type))
		return ENOSPC;
	appear(&m);
	return 0;
}

static bool find_mdev(const struct sim_write *write, int levels, struct mdev *m)
{
	char word[64];

	*m = (struct mdev){.parent = below("%s", write->path)};
	while (levels--)
		split(m->parent.s, word, sizeof(word));
	split(m->parent.s, m->uuid, sizeof(m->uuid));
	(void)snprintf(m->address, sizeof(m->address), "%s", base(m->parent.s));
	read_link(at(m, "iommu_group"), m->group, sizeof(m->group));
	read_link(at(m, "mdev_type"), m->type, sizeof(m->type));
	return exists(at(m, ""));
}

static bool is_open(const struct mdev *m)
{
	char node[64];

	(void)snprintf(node, sizeof(node), "/dev/vfio/%s", m->group);
	return sim_is_busy(node);
}

/* The bus' link goes at once, the folder when the last user has closed it. */
int answer_mdev_remove(const struct sim_write *write)
{
	const struct timespec moment = {0, 5000000};
	struct path type;
	struct mdev m;

	if (!find_mdev(write, 1, &m))
		return ENODEV;
	type = m.parent;
	(void)strcat(strcat(strcat(strcat(type.s, "/mdev_supported_types/"), m.type),
			    "/devices/"),
		     m.uuid);
	(void)unlink(type.s);
	(void)unlink(below("sys/bus/mdev/devices/%s", m.uuid).s);
	(void)unlink(at(&m, "remove").s);
	(void)unlink(at(&m, "mdev_type").s);
	(void)unlink(at(&m, "nvidia/vgpu_params").s);
	(void)rmdir(at(&m, "nvidia").s);
	while (is_open(&m))
		nanosleep(&moment, NULL);
	(void)unlink(at(&m, "iommu_group").s);
	(void)rmdir(at(&m, "").s);
	(void)unlink(below("sys/kernel/iommu_groups/%s/devices/%s", m.group, m.uuid).s);
	(void)rmdir(below("sys/kernel/iommu_groups/%s/devices", m.group).s);
	(void)rmdir(below("sys/kernel/iommu_groups/%s", m.group).s);
	(void)unlink(below("dev/vfio/%s", m.group).s);
	take(&m, -room(m.address, m.type));
	return 0;
}

/* Before it is opened, and as KEY=VALUE (lab-mdev.c, as NVIDIA's driver). */
int answer_mdev_params(const struct sim_write *write)
{
	struct mdev m;

	if (!find_mdev(write, 2, &m))
		return ENODEV;
	if (is_open(&m))
		return EPERM;
	if (!strchr(write->value, '='))
		return EINVAL;
	write_text(below("%s", write->path), write->value);
	return 0;
}

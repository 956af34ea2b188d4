/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/mdev-vgpu.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/name.h"
#include "base/number.h"
#include "host/look.h"
#include "host/sysfs.h"
#include "host/vgpu-look.h"

struct list {
	const struct root *root;
	struct child *looker;
	struct json_object *rows;
	const char *parent;
	bool made; /* the type is the one that it has */
};

bool mdev_vgpu_has(const struct root *root, const char *name)
{
	char path[CHILD_PATH];

	(void)snprintf(path, sizeof(path),
		       "bus/pci/devices/%.63s/nvidia/creatable_vgpu_types", name);
	return name_valid(name) && sysfs_exists(root, path);
}

static void put(struct json_object *row, const char *name, const char *text)
{
	json_object_object_add(row, name, json_object_new_string(text));
}

/* As Proxmox has it: nvidia-557. */
static void add_row(void *context, uint32_t id, const char *name)
{
	const struct list *l = context;
	struct json_object *row = json_object_new_object();
	char type[24];

	(void)snprintf(type, sizeof(type), "nvidia-%u", id);
	put(row, "parent", l->parent);
	put(row, "type", type);
	put(row, "name", name);
	put(row, "description", "");
	json_object_object_add(row, "available", json_object_new_int(!l->made));
	json_object_object_add(row, "made", json_object_new_int(l->made));
	json_object_array_add(l->rows, row);
}

static int ask(const struct list *l, const char *name, struct child_reply *ret)
{
	struct child_request request;
	int r;

	look_request(&request, LOOK_TEXT, "/sys/bus/pci/devices/%s/nvidia/%s", l->parent,
		     name);
	r = child_call(l->looker, &request, LIMIT_READ_MS, ret);
	return r == 0 ? ret->result : r;
}

static int add_function(void *context, const char *name)
{
	struct list *l = context;
	struct child_reply reply;
	uint64_t type;
	char *end;
	int r;

	if (!mdev_vgpu_has(l->root, name))
		return 0;
	l->parent = name;
	r = ask(l, "current_vgpu_type", &reply);
	l->made = r == 0 && number_parse(reply.value, UINT32_MAX, &type) == 0 && type;
	if (l->made)
		add_row(l, (uint32_t)type, "");
	if (r < 0 || l->made)
		return r;
	r = ask(l, "creatable_vgpu_types", &reply);
	end = strrchr(reply.value, '\n');
	if (end && strlen(reply.value) == sizeof(reply.value) - 1)
		*end = '\0'; /* the last line is cut off */
	if (r == 0)
		vgpu_each(reply.value, add_row, l);
	return r;
}

int mdev_vgpu_types(const struct root *root, struct child *looker, const char *parent,
		    struct json_object *rows)
{
	struct list list = {.root = root, .looker = looker, .rows = rows};

	return parent ? add_function(&list, parent)
		      : sysfs_each(root, "bus/pci/devices", SYSFS_LINKS, add_function,
				   &list);
}

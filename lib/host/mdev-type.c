/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of mediated devices that a parent offers. */
#include <errno.h>
#include <string.h>

#include "base/name.h"
#include "base/number.h"
#include "host/look.h"
#include "host/mdev.h"
#include "host/sysfs.h"

/* Its text; "" if there is no such attribute. */
static int ask(struct child *looker, const char *folder, const char *name, char *buf,
	       size_t size)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	look_request(&request, LOOK_TEXT, "/sys/%s/%s", folder, name);
	r = child_call(looker, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r == 0)
		(void)snprintf(buf, size, "%s", reply.value);
	return r;
}

static int count(void *context, const char *name)
{
	(void)name;
	++*(int *)context;
	return 0;
}

int mdev_type_read(const struct root *root, struct child *looker, const char *parent,
		   const char *id, struct mdev_type *ret)
{
	struct mdev_type type = {.available = -1};
	char folder[CHILD_PATH - 64], text[32], path[CHILD_PATH];
	uint64_t n;
	int r;

	(void)snprintf(folder, sizeof(folder),
		       "class/mdev_bus/%s/mdev_supported_types/%s", parent, id);
	if (!sysfs_exists(root, folder))
		return -ENOENT;
	(void)snprintf(type.id, sizeof(type.id), "%s", id);
	r = ask(looker, folder, "name", type.name, sizeof(type.name));
	if (r == 0)
		r = ask(looker, folder, "description", type.description,
			sizeof(type.description));
	if (r == 0)
		r = ask(looker, folder, "available_instances", text, sizeof(text));
	if (r < 0)
		return r;
	if (number_parse(text, INT32_MAX, &n) == 0)
		type.available = (int)n;
	(void)snprintf(path, sizeof(path), "%s/devices", folder);
	(void)!sysfs_each(root, path, SYSFS_LINKS, count, &type.made);
	*ret = type;
	return 0;
}

struct filter {
	mdev_type_entry *each;
	void *context;
};

/* Others could not become part of a path, or of a journal. */
static int pass(void *context, const char *name)
{
	const struct filter *f = context;

	return name_valid(name) ? f->each(f->context, name) : 0;
}

int mdev_type_each(const struct root *root, const char *parent, mdev_type_entry *each,
		   void *context)
{
	struct filter filter = {each, context};
	char path[CHILD_PATH];

	(void)snprintf(path, sizeof(path), "class/mdev_bus/%s/mdev_supported_types",
		       parent);
	return sysfs_each(root, path, SYSFS_FOLDERS, pass, &filter);
}

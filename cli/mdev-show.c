/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/mdev.h"

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/name.h"
#include "cli/mdev-vgpu.h"
#include "cli/table.h"
#include "host/look.h"
#include "host/mdev-user.h"
#include "host/mdev.h"
#include "host/sysfs.h"
#include "run/single.h"
#include "spec/mdevctl.h"

#define MDEV_BUS "class/mdev_bus"

/* What is shown, row by row. */
struct show {
	struct context *context;
	struct child looker;
	const char *parent; /* the one at hand */
	struct json_object *rows;
	struct notes doubts; /* journals that cannot be read */
};

static void put(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_object_new_string(text));
}

/* Why @text, an address, is no parent. */
static void say_no_parent(const struct context *context, const char *text,
			  const struct bdf *bdf, struct err *err)
{
	if (!sysfs_exists(&context->root, DEVICE_ATTR(bdf, "")))
		(void)err_set(err, ENODEV,
			      "%.64s is no PCI device of this host (lspci -D lists them)",
			      text);
	else if (mdev_vgpu_has(&context->root, BDF(bdf)))
		(void)err_set(err, ENOENT,
			      "%.64s has vGPU types, which are no mediated devices: a "
			      "machine's start sets the type (mdev=nvidia-NUMBER in its "
			      "configuration), see hostpci mdev types %s",
			      text, BDF(bdf));
	else
		(void)err_set(err, ENOENT,
			      "%.64s offers no mediated devices: is its driver loaded? "
			      "hostpci mdev types lists the devices that do",
			      text);
}

/* "01:00.0", with or without its domain. */
static bool find_address(const char *text, struct bdf *ret)
{
	char full[64];

	(void)snprintf(full, sizeof(full), "0000:%.48s", text);
	return bdf_parse(text, ret) == 0 || bdf_parse(full, ret) == 0;
}

bool mdev_find_parent(const struct context *context, const char *text,
		      char ret[static LIMIT_NAME], struct err *err)
{
	char path[CHILD_PATH], function[LIMIT_NAME];
	struct bdf bdf;
	bool address = find_address(text, &bdf);

	(void)snprintf(ret, LIMIT_NAME, "%s", address ? BDF(&bdf) : text);
	(void)snprintf(path, sizeof(path), MDEV_BUS "/%.63s", ret);
	if (name_valid(text) && sysfs_exists(&context->root, path))
		return true;
	(void)snprintf(function, sizeof(function), "%.32s.0", text);
	if (address)
		say_no_parent(context, text, &bdf, err);
	else if (find_address(function, &bdf))
		(void)err_set(err, ENOENT,
			      "%.64s is all functions of a card: name the one, like %s",
			      text, function);
	else
		(void)err_set(err, ENOENT,
			      "there is no '%.64s' that offers mediated devices: hostpci "
			      "mdev types lists the devices that do",
			      text);
	return false;
}

static int add_type(void *context, const char *id)
{
	struct show *s = context;
	struct json_object *o;
	struct mdev_type type;
	int r = mdev_type_read(&s->context->root, &s->looker, s->parent, id, &type);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	o = json_object_new_object();
	put(o, "parent", s->parent);
	put(o, "type", type.id);
	put(o, "name", type.name);
	put(o, "description", type.description);
	json_object_object_add(o, "available",
			       type.available < 0 ? NULL
						  : json_object_new_int(type.available));
	json_object_object_add(o, "made", json_object_new_int(type.made));
	json_object_array_add(s->rows, o);
	return 0;
}

static int add_types(void *context, const char *parent)
{
	struct show *s = context;
	int r;

	s->parent = parent;
	r = mdev_type_each(&s->context->root, parent, add_type, s);
	return r == -ENOENT ? 0 : r;
}

/* What may be a machine's is in doubt, and has no VMID. */
static void put_owner(struct show *s, struct json_object *o, const struct owner *owner)
{
	bool doubt = owner->doubt.code;
	char text[sizeof(owner->doubt)];

	json_object_object_add(o, "vmid",
			       owner->vmid ? json_object_new_int64(owner->vmid) : NULL);
	json_object_object_add(o, "doubt", json_object_new_boolean(doubt));
	if (doubt && !s->doubts.n)
		notes_add(&s->doubts, "%s: a device without VMID may be that machine's",
			  err_text(&owner->doubt, text, sizeof(text)));
}

static int add_device(void *context, const char *name)
{
	struct show *s = context;
	struct hold about = {0};
	struct mdev_seen seen;
	struct json_object *o;
	struct mdev_user user;
	char path[CHILD_PATH];
	struct owner owner;

	if (uuid_parse(name, &about.mdev) < 0)
		return 0;
	mdev_read(&s->context->root, "", name, &seen);
	if (!seen.there || (s->parent && strcmp(s->parent, seen.parent) != 0))
		return 0;
	owner = single_owner(&s->context->root, &about);
	(void)!mdev_user_find(&s->context->root, &s->looker, &about.mdev, &user);
	o = json_object_new_object();
	put(o, "uuid", name);
	put(o, "type", seen.type);
	put(o, "parent", seen.parent);
	json_object_object_add(o, "group", json_object_new_int(seen.group));
	put_owner(s, o, &owner);
	json_object_object_add(o, "user", json_word(user.who));
	(void)snprintf(path, sizeof(path), MDEVCTL_FOLDER "/%s/%s", seen.parent, name);
	json_object_object_add(
		o, "defined",
		json_object_new_boolean(file_exists(&s->context->root, path)));
	json_object_array_add(s->rows, o);
	return 0;
}

static int each_of(struct show *s, bool types, struct err *err)
{
	const struct root *root = &s->context->root;
	const char *parent = s->parent;
	int r = child_spawn(&s->looker, root, look_handle, err);

	if (r < 0)
		return r;
	if (types && parent)
		r = add_types(s, parent);
	else if (types)
		r = sysfs_each(root, MDEV_BUS, SYSFS_LINKS, add_types, s);
	if (types && (r == 0 || r == -ENOENT))
		r = mdev_vgpu_types(root, &s->looker, parent, s->rows);
	else if (!types)
		r = sysfs_each(root, "bus/mdev/devices", SYSFS_LINKS, add_device, s);
	child_end(&s->looker);
	return r < 0 && r != -ENOENT
		       ? err_set(err, -r, "mediated devices: %s", strerror(-r))
		       : 0;
}

int mdev_show(struct context *context, bool types)
{
	static const char *const of_types[] = {"parent",    "type", "name",
					       "available", "made", "description"};
	static const char *const of_devices[] = {"uuid", "type", "parent",
						 "vmid", "user", "defined"};
	struct show s = {.context = context, .looker = CHILD_NONE};
	char parent[LIMIT_NAME];
	struct err err;

	if (context->arguments > 1) {
		if (!mdev_find_parent(context, context->argument[1], parent, &err) &&
		    !(types && mdev_vgpu_has(&context->root, parent)))
			return error_print(context, EXIT_CODE_REFUSED, &err);
		s.parent = parent;
	}
	s.rows = json_object_new_array();
	if (each_of(&s, types, &err) < 0) {
		json_object_put(s.rows);
		notes_free(&s.doubts);
		return error_print(context, EXIT_CODE_REFUSED, &err);
	}
	warn_all(context, &s.doubts);
	notes_free(&s.doubts);
	if (context->format != FORMAT_TEXT) {
		json_print(context, s.rows);
		return EXIT_CODE_DONE;
	}
	if (types)
		table_print(s.rows, of_types, ARRAY_SIZE(of_types),
			    "no device here offers mediated devices");
	else
		table_print(s.rows, of_devices, ARRAY_SIZE(of_devices),
			    "there is no mediated device");
	json_object_put(s.rows);
	return EXIT_CODE_DONE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/mdevctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>

#include "base/fileio.h"
#include "base/name.h"
#include "spec/mdev-attribute.h"

static int bad(const char *file, const char *what, struct err *err)
{
	return err_at(err, EINVAL, file, 0, "%s: see mdevctl list --defined --dumpjson",
		      what);
}

static int add_attribute(struct text_list *list, const char *name, const char *value)
{
	size_t at = 0;
	int n;

	for (unsigned i = 0; i < list->n; i++)
		at += strlen(list->text + at) + 1;
	n = snprintf(list->text + at, sizeof(list->text) - at, "%s=%s", name, value);
	if (list->n == LIMIT_WORDS || n < 0 || (size_t)n >= sizeof(list->text) - at ||
	    !mdev_attribute_valid(list->text + at))
		return -EINVAL;
	list->n++;
	return 0;
}

/* Each is an object of one member, so that they have an order. */
static int add_attributes(struct json_object *attrs, struct text_list *list)
{
	size_t n = json_object_array_length(attrs);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_object *item = json_object_array_get_idx(attrs, i);

		if (!json_object_is_type(item, json_type_object))
			return -EINVAL;
		json_object_object_foreach(item, name, value)
		{
			if (r == 0 && json_object_is_type(value, json_type_string))
				r = add_attribute(list, name,
						  json_object_get_string(value));
			else
				r = -EINVAL;
		}
	}
	return r;
}

static int read_object(struct json_object *o, const char *file,
		       struct mdev_definition *ret, struct err *err)
{
	struct json_object *type, *attrs;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "mdev_type", &type) ||
	    !json_object_is_type(type, json_type_string) ||
	    !name_valid(json_object_get_string(type)))
		return bad(file, "it has no mdev_type", err);
	(void)snprintf(ret->type, sizeof(ret->type), "%s", json_object_get_string(type));
	if (!json_object_object_get_ex(o, "attrs", &attrs) || !attrs)
		return 0;
	if (!json_object_is_type(attrs, json_type_array) ||
	    add_attributes(attrs, &ret->attributes) < 0)
		return bad(file, "its attrs are odd", err);
	return 0;
}

int mdevctl_parse(const char *text, const char *file, struct mdev_definition *ret,
		  struct err *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(8);
	struct json_object *o;
	int r;

	if (!tokener)
		return err_set(err, ENOMEM, "out of memory");
	o = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
	r = o ? read_object(o, file, ret, err) : bad(file, "it is no JSON", err);
	json_object_put(o);
	json_tokener_free(tokener);
	return r;
}

static int try_parent(const struct root *root, const char *parent,
		      struct mdev_definition *definition, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[256];
	int r;

	(void)snprintf(path, sizeof(path), MDEVCTL_FOLDER "/%.63s/%s", parent,
		       definition->uuid.text);
	r = file_read_trusted(root, path, LIMIT_CONFIG, &text, NULL, err);
	if (r < 0)
		return r;
	(void)snprintf(definition->parent, sizeof(definition->parent), "%.63s", parent);
	return mdevctl_parse(text, path, definition, err);
}

int mdevctl_load(const struct root *root, const struct uuid *uuid,
		 struct mdev_definition **ret, struct err *err)
{
	_cleanup_free_ struct mdev_definition *definition =
		calloc(1, sizeof(*definition));
	int fd = root_openat(root, MDEVCTL_FOLDER, O_RDONLY | O_DIRECTORY, 0);
	int r = -ENOENT;
	struct dirent *e;
	DIR *dir;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	if (definition)
		definition->uuid = *uuid;
	while (definition && r == -ENOENT && dir && (e = readdir(dir)))
		if (name_valid(e->d_name))
			r = try_parent(root, e->d_name, definition, err);
	if (dir)
		closedir(dir);
	if (!definition)
		return err_set(err, ENOMEM, "out of memory");
	if (r == -ENOENT)
		return err_set(err, ENOENT,
			       "there is no definition %s in %s (mdevctl define)",
			       uuid->text, MDEVCTL_FOLDER);
	if (r == 0)
		*ret = TAKE_PTR(definition);
	return r;
}

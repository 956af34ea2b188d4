/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libsmartcols.h>
#include <string.h>

#include "base/fileio.h"
#include "base/name.h"
#include "base/opener.h"
#include "cli/command.h"
#include "host/look.h"
#include "host/mdev.h"
#include "host/sysfs.h"
#include "run/single.h"
#include "spec/mdev-attribute.h"
#include "spec/mdevctl.h"

#define MDEV_BUS "class/mdev_bus"

/* What is shown, row by row. */
struct show {
	struct context *context;
	struct child looker;
	const char *parent; /* the one at hand */
	struct json_object *rows;
};

static void put(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_object_new_string(text));
}

static const char *get(struct json_object *o, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(o, name, &value) && value
		       ? json_object_get_string(value)
		       : "-";
}

/* "05:00.0" is 0000:05:00.0; other parents go by their names. False: it is none. */
static bool find_parent(const struct context *context, const char *text,
			char ret[static LIMIT_NAME], struct err *err)
{
	char path[CHILD_PATH];
	struct bdf bdf;

	(void)snprintf(ret, LIMIT_NAME, "%s", text);
	(void)snprintf(path, sizeof(path), "0000:%.32s", text);
	if (bdf_parse(path, &bdf) == 0)
		(void)snprintf(ret, LIMIT_NAME, "%.32s", path);
	(void)snprintf(path, sizeof(path), MDEV_BUS "/%.63s", ret);
	if (name_valid(text) && sysfs_exists(&context->root, path))
		return true;
	(void)err_set(err, ENOENT,
		      "%.64s offers no mediated devices: hostpci mdev types lists those "
		      "that do; is its driver loaded?",
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

/* Who has it open; "" for nobody. */
static void find_user(struct show *s, const char *uuid, char *buf, size_t size)
{
	struct child_request request;
	struct child_reply reply;

	buf[0] = '\0';
	look_request(&request, LOOK_MDEV_BUSY, "/sys/bus/mdev/devices/%s", uuid);
	if (child_call(&s->looker, &request, LIMIT_READ_MS, &reply) < 0 ||
	    reply.result < 0 || !reply.value[0])
		return;
	(void)opener_first(&s->context->root, reply.value, buf, size);
	if (!buf[0])
		(void)snprintf(buf, size, "somebody");
}

static int add_device(void *context, const char *name)
{
	struct show *s = context;
	struct hold about = {0};
	struct mdev_seen seen;
	struct json_object *o;
	char user[96], path[CHILD_PATH];
	uint32_t vmid;

	if (uuid_parse(name, &about.mdev) < 0)
		return 0;
	mdev_read(&s->context->root, "", name, &seen);
	if (!seen.there || (s->parent && strcmp(s->parent, seen.parent) != 0))
		return 0;
	vmid = single_holder(&s->context->root, &about);
	find_user(s, name, user, sizeof(user));
	o = json_object_new_object();
	put(o, "uuid", name);
	put(o, "type", seen.type);
	put(o, "parent", seen.parent);
	json_object_object_add(o, "group", json_object_new_int(seen.group));
	json_object_object_add(o, "vmid", vmid ? json_object_new_int64(vmid) : NULL);
	put(o, "user", user);
	(void)snprintf(path, sizeof(path), MDEVCTL_FOLDER "/%s/%s", seen.parent, name);
	json_object_object_add(
		o, "defined",
		json_object_new_boolean(file_exists(&s->context->root, path)));
	json_object_array_add(s->rows, o);
	return 0;
}

static void print_rows(const struct json_object *rows, const char *const *column,
		       size_t columns, const char *none)
{
	struct libscols_table *table = scols_new_table();
	size_t n = json_object_array_length(rows);

	for (size_t c = 0; table && c < columns; c++) {
		char head[32];
		size_t i = 0;

		for (; column[c][i] && i + 1 < sizeof(head); i++)
			head[i] = (char)(column[c][i] - ('a' - 'A'));
		head[i] = '\0';
		(void)scols_table_new_column(table, head, 0, 0);
	}
	for (size_t i = 0; table && i < n; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		for (size_t c = 0; line && c < columns; c++)
			(void)scols_line_set_data(
				line, c,
				get(json_object_array_get_idx(rows, i), column[c]));
	}
	if (n)
		(void)scols_print_table(table);
	else
		(void)printf("%s\n", none);
	scols_unref_table(table);
}

static int each_of(struct show *s, bool types, struct err *err)
{
	const struct root *root = &s->context->root;
	int r = child_spawn(&s->looker, root, look_handle, err);

	if (r < 0)
		return r;
	if (types && s->parent)
		r = add_types(s, s->parent);
	else if (types)
		r = sysfs_each(root, MDEV_BUS, SYSFS_LINKS, add_types, s);
	else
		r = sysfs_each(root, "bus/mdev/devices", SYSFS_LINKS, add_device, s);
	child_end(&s->looker);
	return r < 0 && r != -ENOENT
		       ? err_set(err, -r, "mediated devices: %s", strerror(-r))
		       : 0;
}

static int show(struct context *context, bool types)
{
	static const char *const of_types[] = {"parent",    "type", "name",
					       "available", "made", "description"};
	static const char *const of_devices[] = {"uuid", "type", "parent",
						 "vmid", "user", "defined"};
	struct show s = {.context = context, .looker = CHILD_NONE};
	char parent[LIMIT_NAME];
	struct err err;

	if (context->arguments > 1) {
		if (!find_parent(context, context->argument[1], parent, &err))
			return error_print(context, EXIT_CODE_REFUSED, &err);
		s.parent = parent;
	}
	s.rows = json_object_new_array();
	if (each_of(&s, types, &err) < 0) {
		json_object_put(s.rows);
		return error_print(context, EXIT_CODE_REFUSED, &err);
	}
	if (context->format != FORMAT_TEXT) {
		json_print(context, s.rows);
		return EXIT_CODE_DONE;
	}
	if (types)
		print_rows(s.rows, of_types, ARRAY_SIZE(of_types),
			   "no device here offers mediated devices");
	else
		print_rows(s.rows, of_devices, ARRAY_SIZE(of_devices),
			   "there is no mediated device");
	json_object_put(s.rows);
	return EXIT_CODE_DONE;
}

static int new_uuid(const struct context *context, struct uuid *ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (context->arguments > 3) {
		if (uuid_parse(context->argument[3], ret) == 0)
			return 0;
		return err_set(err, EINVAL, "'%.64s' is no UUID: it has 36 characters",
			       context->argument[3]);
	}
	/* The kernel's, not the root's: it need not be repeatable. */
	r = file_read(&context->root, "/proc/sys/kernel/random/uuid", 64, &text, NULL);
	if (r == 0) {
		text[strcspn(text, "\n")] = '\0';
		r = uuid_parse(text, ret);
	}
	return r < 0 ? err_set(err, -r, "a random UUID: %s", strerror(-r)) : 0;
}

/* The address of a parent on the PCI bus, and the lane that it is. */
static void about(const struct root *root, const char *parent, struct single *single)
{
	struct device device;

	single->hold.group = -1;
	if (bdf_parse(parent, &single->hold.bdf) == 0 &&
	    device_read(root, &single->hold.bdf, &device) == 0)
		single->hold.group = device.group;
	single->hold.slot = -1;
	single->hold.return_to = WISH_RETURN_HOST;
}

static void fill(struct step *step, const struct single *single, enum step_kind kind,
		 const char *found, const char *want)
{
	*step = (struct step){
		.kind = kind,
		.stage = STAGE_MDEVS,
		.lane = single->hold.group,
		.slot = -1,
		.bdf = single->hold.bdf,
		.mdev = single->hold.mdev,
		.group = single->hold.group,
		.deadline_ms = step_deadline_ms(kind, ""),
	};
	(void)snprintf(step->found, sizeof(step->found), "%s", found);
	(void)snprintf(step->want, sizeof(step->want), "%s", want);
}

/* NAME=VALUE,NAME=VALUE: a value cannot have a comma here, in the policy it can. */
static int add_attributes(const struct context *context, struct single *single,
			  struct err *err)
{
	const char *list = context->value[OPTION_ATTRIBUTE];
	_cleanup_free_ char *copy = strdup(list ? list : "");
	char *save = NULL;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	for (char *text = strtok_r(copy, ",", &save); text;
	     text = strtok_r(NULL, ",", &save)) {
		struct mdev_attribute a;

		if (single->n > LIMIT_WORDS)
			return err_set(err, E2BIG, "more than %d attributes",
				       LIMIT_WORDS);
		if (!mdev_attribute_parse(text, &a))
			return err_set(err, EINVAL,
				       "--attribute takes NAME=VALUE of a setting of the "
				       "mediated device, not '%.80s'",
				       text);
		fill(&single->step[single->n++], single, STEP_MDEV_ATTRIBUTE, a.name,
		     a.value);
	}
	return 0;
}

/* The type by its folder, or by its name. */
struct search {
	struct show *show;
	const char *wish;
	struct mdev_type type;
	bool found;
};

static int compare(void *context, const char *id)
{
	struct search *s = context;
	struct mdev_type type;

	if (mdev_type_read(&s->show->context->root, &s->show->looker, s->show->parent, id,
			   &type) < 0 ||
	    (strcmp(id, s->wish) != 0 && strcmp(type.name, s->wish) != 0))
		return 0;
	s->type = type;
	s->found = true;
	return !strcmp(id, s->wish);
}

static int find_type(struct context *context, const char *parent, const char *wish,
		     struct mdev_type *ret, struct err *err)
{
	struct show show = {.context = context, .parent = parent, .looker = CHILD_NONE};
	struct search search = {.show = &show, .wish = wish};
	int r = child_spawn(&show.looker, &context->root, look_handle, err);

	if (r < 0)
		return r;
	r = mdev_type_each(&context->root, parent, compare, &search);
	child_end(&show.looker);
	if (r < 0 || !search.found)
		return err_set(err, ENOENT,
			       "%s has no type '%.64s' of mediated devices: hostpci mdev "
			       "types %s lists them",
			       parent, wish, parent);
	if (!search.type.available)
		return err_set(err, ENOSPC, "%s has no free instance of %s", parent,
			       search.type.id);
	*ret = search.type;
	return 0;
}

static int carry_out(struct context *context, const struct single *single,
		     struct err *err)
{
	_cleanup_(outcome_free) struct outcome outcome = {0};
	const struct step *step = &single->step[0];
	struct json_object *o;
	int code = single_run(single, &outcome, err);

	if (code)
		return error_print(context, code, err);
	if (context->format == FORMAT_TEXT) {
		if (!single->back && !context->value[OPTION_QUIET])
			(void)printf("%s\n", step->mdev.text);
		return code;
	}
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(true));
	put(o, "uuid", step->mdev.text);
	put(o, "type", step->want);
	put(o, "parent", step->found);
	json_object_object_add(o, "steps", report_deeds(&outcome.deeds));
	json_print(context, o);
	return code;
}

static int create(struct context *context)
{
	struct step step[LIMIT_WORDS + 2];
	struct single single = {
		.root = &context->root, .scope = SCOPE_MDEV, .step = step, .n = 1};
	char parent[LIMIT_NAME];
	struct mdev_type type;
	struct err err;

	if (!find_parent(context, context->argument[1], parent, &err) ||
	    find_type(context, parent, context->argument[2], &type, &err) < 0)
		return error_print(context, EXIT_CODE_REFUSED, &err);
	if (new_uuid(context, &single.hold.mdev, &err) < 0)
		return error_print(context, EXIT_CODE_USAGE, &err);
	about(&context->root, parent, &single);
	fill(&step[0], &single, STEP_MDEV, parent, type.id);
	if (add_attributes(context, &single, &err) < 0)
		return error_print(context, EXIT_CODE_USAGE, &err);
	return carry_out(context, &single, &err);
}

static int remove_one(struct context *context)
{
	struct step step;
	struct single single = {.root = &context->root,
				.scope = SCOPE_MDEV,
				.step = &step,
				.n = 1,
				.back = true};
	struct mdev_seen seen;
	uint32_t vmid;
	struct err err;

	if (uuid_parse(context->argument[1], &single.hold.mdev) < 0)
		return usage_error(context->command, "'%.64s' is no UUID",
				   context->argument[1]);
	mdev_read(&context->root, "", single.hold.mdev.text, &seen);
	vmid = single_holder(&context->root, &single.hold);
	if (!seen.there)
		(void)err_set(&err, ENOENT, "there is no mediated device %s",
			      single.hold.mdev.text);
	else if (vmid)
		(void)err_set(&err, EBUSY,
			      "%s is VM %u's: stop that; if it does not run any more: "
			      "hostpci release %u",
			      single.hold.mdev.text, vmid, vmid);
	if (!seen.there || vmid)
		return error_print(context, vmid ? EXIT_CODE_BUSY : EXIT_CODE_REFUSED,
				   &err);
	about(&context->root, seen.parent, &single);
	fill(&step, &single, STEP_MDEV, seen.parent, seen.type);
	return carry_out(context, &single, &err);
}

static int run(struct context *context)
{
	static const struct {
		const char *name;
		int min, max; /* words with it */
		bool changes;
	} actions[] = {
		{"types", 1, 2, false},
		{"list", 1, 2, false},
		{"create", 3, 4, true},
		{"remove", 2, 2, true},
	};
	size_t i = 0;

	while (i < ARRAY_SIZE(actions) &&
	       strcmp(actions[i].name, context->argument[0]) != 0)
		i++;
	if (i == ARRAY_SIZE(actions))
		return usage_error(context->command,
				   "'%s' is none of types, list, create, remove",
				   context->argument[0]);
	if (context->arguments < actions[i].min || context->arguments > actions[i].max)
		return usage_error(context->command, "wrong number of arguments for %s",
				   actions[i].name);
	if (actions[i].changes && geteuid() != 0 && !context->root.moved) {
		(void)fprintf(stderr, "hostpci: mdev %s must run as root\n",
			      actions[i].name);
		return EXIT_CODE_REFUSED;
	}
	if (!actions[i].changes)
		return show(context, i == 0);
	return i == 2 ? create(context) : remove_one(context);
}

const struct command command_mdev = {
	.name = "mdev",
	.arguments = "types|list [PARENT] | create PARENT TYPE [UUID] | remove UUID",
	.summary = "show, make and remove mediated devices",
	.help = "types: what devices of this host offer, with how many are free and "
		"made. "
		"list: what\n"
		"there is, and whose it is. create: one for nobody in particular, its "
		"attributes set in\n"
		"their order; its UUID is printed. remove: waits, bounded, for who has "
		"it "
		"open; one of a\n"
		"machine is refused.\n"
		"Exit code: 0 done, 1 refused or failed, 2 it could not be removed, or "
		"not be taken back\n"
		"(hostpci sweep goes on), 64 usage, 75 a machine has it, or another run "
		"is under way.\n",
	.options = 1U << OPTION_ATTRIBUTE,
	.min = 1,
	.max = 4,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "cli/mdev.h"
#include "host/look.h"
#include "host/mdev-user.h"
#include "host/mdev.h"
#include "run/single.h"
#include "spec/mdev-attribute.h"

static void put(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_object_new_string(text));
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
	const struct root *root;
	struct child looker;
	const char *parent, *wish;
	struct mdev_type type;
	bool found;
};

static int compare(void *context, const char *id)
{
	struct search *s = context;
	struct mdev_type type;

	if (mdev_type_read(s->root, &s->looker, s->parent, id, &type) < 0 ||
	    (strcmp(id, s->wish) != 0 && strcmp(type.name, s->wish) != 0))
		return 0;
	s->type = type;
	s->found = true;
	return !strcmp(id, s->wish);
}

static int find_type(struct context *context, const char *parent, const char *wish,
		     struct mdev_type *ret, struct err *err)
{
	struct search search = {.root = &context->root,
				.looker = CHILD_NONE,
				.parent = parent,
				.wish = wish};
	int r = child_spawn(&search.looker, &context->root, look_handle, err);

	if (r < 0)
		return r;
	r = mdev_type_each(&context->root, parent, compare, &search);
	child_end(&search.looker);
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

	outcome.what = single->back ? "remove" : "create";
	if (context->value[OPTION_VERBOSE] && context->format == FORMAT_TEXT)
		report_text(&context->root, &outcome, REPORT_HOOK, stderr);
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
	struct mdev_seen seen;
	struct err err;

	if (!mdev_find_parent(context, context->argument[1], parent, &err) ||
	    find_type(context, parent, context->argument[2], &type, &err) < 0)
		return error_print(context, EXIT_CODE_REFUSED, &err);
	if (new_uuid(context, &single.hold.mdev, &err) < 0)
		return error_print(context, EXIT_CODE_USAGE, &err);
	mdev_read(&context->root, parent, single.hold.mdev.text, &seen);
	if (seen.there) {
		(void)err_set(&err, EEXIST, "there is one already with UUID %s%s%s",
			      single.hold.mdev.text, seen.going ? "" : ", on ",
			      seen.going ? ", which is still being removed"
					 : seen.parent);
		return error_print(context, EXIT_CODE_REFUSED, &err);
	}
	about(&context->root, parent, &single);
	fill(&step[0], &single, STEP_MDEV, parent, type.id);
	if (add_attributes(context, &single, &err) < 0)
		return error_print(context, EXIT_CODE_USAGE, &err);
	return carry_out(context, &single, &err);
}

/*
 * Nothing is on file, and nothing locked, while it is waited for: others are made and
 * removed meanwhile.
 */
static int await_idle(const struct context *context, const struct uuid *uuid,
		      struct err *err)
{
	int64_t end = clock_ms() + (int64_t)LIMIT_BUSY_MS;
	struct child looker = CHILD_NONE;
	struct mdev_user user;
	int r = child_spawn(&looker, &context->root, look_handle, err);

	if (r < 0)
		return r;
	while ((r = mdev_user_find(&context->root, &looker, uuid, &user)) == 0 &&
	       user.node[0] && clock_ms() < end)
		clock_sleep_ms(LIMIT_BUSY_POLL_MS);
	child_end(&looker);
	if (r < 0)
		return err_set(err, -r, "%s: whether it is in use cannot be told: %s",
			       uuid->text, strerror(-r));
	return user.node[0]
		       ? err_set(err, EBUSY,
				 "%s is still in use after %d s: %s has %.40s open. It "
				 "is "
				 "left as it is: end that, and try again",
				 uuid->text, LIMIT_BUSY_MS / 1000, user.who, user.node)
		       : 0;
}

/* 0, or the exit code. */
static int refuse_removal(const struct root *root, const struct single *single,
			  const struct mdev_seen *seen, struct err *err)
{
	const char *uuid = single->hold.mdev.text;
	struct owner owner;

	if (!seen->there) {
		(void)err_set(err, ENOENT, "there is no mediated device %s", uuid);
		return EXIT_CODE_REFUSED;
	}
	owner = single_owner(root, &single->hold);
	if (owner.vmid) {
		(void)err_set(err, EBUSY,
			      "%s is VM %u's: stop that; if it does not run any more: "
			      "hostpci release %u",
			      uuid, owner.vmid, owner.vmid);
		return EXIT_CODE_BUSY;
	}
	if (!owner.doubt.code)
		return EXIT_CODE_DONE;
	*err = owner.doubt;
	(void)err_wrap(err,
		       "%s may be a machine's, whose journal cannot be read (give back "
		       "what it names as hostpci-journal(5) says, then remove it)",
		       uuid);
	return EXIT_CODE_REFUSED;
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
	struct err err;
	int code, r;

	if (uuid_parse(context->argument[1], &single.hold.mdev) < 0)
		return usage_error(context->command, "'%.64s' is no UUID",
				   context->argument[1]);
	mdev_read(&context->root, "", single.hold.mdev.text, &seen);
	code = refuse_removal(&context->root, &single, &seen, &err);
	if (code)
		return error_print(context, code, &err);
	r = await_idle(context, &single.hold.mdev, &err);
	if (r < 0)
		return error_print(
			context, r == -EBUSY ? EXIT_CODE_BUSY : EXIT_CODE_REFUSED, &err);
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
	if (actions[i].changes &&
	    !command_is_root(context, i == 2 ? "mdev create" : "mdev remove"))
		return EXIT_CODE_REFUSED;
	if (!actions[i].changes)
		return mdev_show(context, i == 0);
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
		"it open; one of\n"
		"a machine is refused.\n"
		"Exit code: 0 done, 1 refused or failed, 2 it could not be removed, or "
		"not be taken back\n"
		"(hostpci sweep goes on), 64 usage, 75 it is in use, a machine's, or "
		"another run is\n"
		"under way.\n",
	.options = 1U << OPTION_ATTRIBUTE,
	.min = 1,
	.max = 4,
	.run = run,
};

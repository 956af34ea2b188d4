/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/policy.h"

#include <errno.h>
#include <libconfig.h>
#include <string.h>

#include "base/number.h"
#include "spec/policy-lint.h"

struct reader {
	const char *file;
	struct spec *spec;
};

static int store(const struct reader *r, const struct key *key, config_setting_t *setting,
		 struct wish *wish, struct err *err)
{
	unsigned line = config_setting_source_line(setting);
	struct err why;
	int ret;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_BOOL:
		ret = key_store_bool(key, config_setting_get_bool(setting) != 0, wish,
				     &why);
		break;
	case CONFIG_TYPE_INT:
		ret = key_store_int(key, config_setting_get_int(setting), wish, &why);
		break;
	case CONFIG_TYPE_STRING:
		ret = key_store_text(key, config_setting_get_string(setting), wish, &why);
		break;
	default:
		ret = err_set(&why, EINVAL,
			      "'%s' is neither a text, a number nor true or false",
			      key->name);
		break;
	}
	return ret < 0 ? err_at(err, -ret, r->file, line, "%s", why.msg) : 0;
}

static void unknown(const struct reader *r, config_setting_t *setting, unsigned where)
{
	const char *name = config_setting_name(setting);
	const struct key *near = key_nearest(name, where);

	notes_add(&r->spec->notes, "%s:%u: unknown key '%s' is ignored%s%s%s", r->file,
		  (unsigned)config_setting_source_line(setting), name,
		  near ? " (did you mean '" : "", near ? near->name : "",
		  near ? "'?)" : "");
}

static int store_group(const struct reader *r, config_setting_t *group, unsigned where,
		       struct wish *wish, struct err *err);

/* A group hostpciN adds to the line of the VM config, or declares a device by itself. */
static int store_slot(const struct reader *r, config_setting_t *group, unsigned n,
		      struct err *err)
{
	struct slot *slot = &r->spec->slot[n];
	unsigned line = config_setting_source_line(group);
	int ret;

	if (!config_setting_is_group(group))
		return err_at(err, EINVAL, r->file, line,
			      "'hostpci%u' must be a group: { ... }", n);
	ret = store_group(r, group, KEY_IN_DEVICE, &slot->wish, err);
	if (ret < 0)
		return ret;
	if (slot->present)
		return 0;
	slot->present =
		wish_has(&slot->wish, KEY_HOST) || wish_has(&slot->wish, KEY_MAPPING);
	if (!slot->present) {
		notes_add(&r->spec->notes,
			  "%s:%u: hostpci%u has neither a line in the VM config nor "
			  "host= here: "
			  "the group is ignored",
			  r->file, line, n);
		slot->wish = (struct wish){0};
		return 0;
	}
	slot->line = line;
	(void)snprintf(slot->file, sizeof(slot->file), "%s", r->file);
	return 0;
}

static int slot_number(const char *name)
{
	uint64_t n;

	if (strncmp(name, "hostpci", strlen("hostpci")) != 0 ||
	    number_parse(name + strlen("hostpci"), LIMIT_SLOTS - 1, &n) < 0)
		return -1;
	return (int)n;
}

static int store_group(const struct reader *r, config_setting_t *group, unsigned where,
		       struct wish *wish, struct err *err)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(setting);
		const struct key *key = key_find(name, where);
		int n = where & KEY_IN_VM ? slot_number(name) : -1, ret = 0;

		if (n >= 0)
			ret = store_slot(r, setting, (unsigned)n, err);
		else if (key)
			ret = store(r, key, setting, wish, err);
		else
			unknown(r, setting, where);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int policy_parse(const char *text, size_t size, const char *file, struct spec *spec,
		 struct err *err)
{
	struct reader reader = {.file = file, .spec = spec};
	config_t config;
	int ret;

	ret = policy_lint(text, size, file, err);
	if (ret < 0)
		return ret;
	config_init(&config);
	if (config_read_string(&config, text) != CONFIG_TRUE)
		ret = err_at(err, EINVAL, file, (unsigned)config_error_line(&config),
			     "%s", config_error_text(&config));
	else
		ret = store_group(&reader, config_root_setting(&config), KEY_IN_VM,
				  &spec->vm, err);
	config_destroy(&config);
	return ret;
}

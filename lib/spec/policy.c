/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/policy.h"

#include <errno.h>
#include <string.h>

#include "base/node.h"
#include "base/number.h"
#include "spec/policy-reader.h"
#include "spec/policy-text.h"
#include "spec/slot-check.h"
#include "spec/slot-merge.h"

/* ["/usr/bin/systemctl", "stop", "x"] for a key that takes texts. */
static int store_texts(const struct key *key, config_setting_t *array, struct wish *wish,
		       struct err *err)
{
	const char *text[LIMIT_WORDS];
	int n = config_setting_length(array);

	if (n > LIMIT_WORDS)
		return err_set(err, E2BIG, "'%s' has more than %d texts", key->name,
			       LIMIT_WORDS);
	for (int i = 0; i < n; i++) {
		text[i] = config_setting_get_string_elem(array, i);
		if (!text[i])
			return key_wrong_type(key, err);
	}
	return key_store_texts(key, text, (unsigned)n, wish, err);
}

/* ["0000:01:00.0", "02:00"] for a key that takes several. */
static int store_array(const struct key *key, config_setting_t *array, struct wish *wish,
		       struct err *err)
{
	char text[LIMIT_ADDRESSES * 32] = "";
	size_t at = 0;

	if (key->type == KEY_TYPE_TEXTS)
		return store_texts(key, array, wish, err);
	if (!key_takes_list(key))
		return key_wrong_type(key, err);
	for (int i = 0; i < config_setting_length(array); i++) {
		const char *item = config_setting_get_string_elem(array, i);

		if (!item)
			return key_wrong_type(key, err);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? ";" : "",
				       item);
		if (at >= sizeof(text))
			return err_set(err, E2BIG, "'%s' names more than %d", key->name,
				       LIMIT_ADDRESSES);
	}
	return key_store_text(key, text, wish, err);
}

int reader_store(const struct reader *r, const struct key *key, config_setting_t *setting,
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
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		ret = store_array(key, setting, wish, &why);
		break;
	default:
		ret = key_wrong_type(key, &why);
		break;
	}
	return ret < 0 ? err_at(err, -ret, r->file, line, "%s", why.msg) : 0;
}

void reader_unknown(const struct reader *r, config_setting_t *setting, unsigned where)
{
	const char *name = config_setting_name(setting);
	char hint[KEY_HINT];

	notes_add(&r->spec->notes, "%s:%u: unknown key '%s' is ignored%s", r->file,
		  (unsigned)config_setting_source_line(setting), name,
		  key_hint(name, where, hint));
}

int reader_wants_groups(const struct reader *r, config_setting_t *setting,
			struct err *err)
{
	bool list = config_setting_is_list(setting);

	for (int i = 0; list && i < config_setting_length(setting); i++)
		list = config_setting_is_group(
			config_setting_get_elem(setting, (unsigned)i));
	return list ? 0
		    : err_at(err, EINVAL, r->file, config_setting_source_line(setting),
			     "'%s' must be a list of groups: %s = ( { ... }, { ... } );",
			     config_setting_name(setting), config_setting_name(setting));
}

static int store_group(const struct reader *r, config_setting_t *group, unsigned where,
		       struct wish *wish, struct err *err);

/* A group hostpciN adds to the line of the VM config, or declares a device by itself. */
static int store_slot(const struct reader *r, config_setting_t *group, unsigned n,
		      struct err *err)
{
	struct slot *slot = &r->spec->slot[n];
	unsigned line = config_setting_source_line(group);
	struct wish wish = {0};
	int ret;

	if (!config_setting_is_group(group))
		return err_at(err, EINVAL, r->file, line,
			      "'hostpci%u' must be a group: { ... }", n);
	ret = store_group(r, group, KEY_IN_DEVICE, &wish, err);
	if (ret < 0)
		return ret;
	slot->group_line = line;
	(void)snprintf(slot->group_file, sizeof(slot->group_file), "%s", r->file);
	ret = slot_merge(r->spec, n, &wish, err);
	if (ret < 0 || slot->present || !slot_has_source(&slot->wish))
		return ret;
	slot->present = true;
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

/* The physical functions of all nodes, or of one, and its drivers; another's are checked.
 */
static int store_lists(const struct reader *r, config_setting_t *group, bool mine,
		       struct err *err)
{
	config_setting_t *sriov = config_setting_get_member(group, "sriov"),
			 *drivers = config_setting_get_member(group, "drivers");
	struct sriov_list other = {0};
	struct declared_list others = {0};
	int ret = 0;

	if (sriov)
		ret = reader_sriov(r, sriov, mine ? &r->spec->sriov : &other, err);
	if (ret == 0 && drivers)
		ret = reader_drivers(r, drivers, mine ? &r->spec->drivers : &others, err);
	sriov_free(&other);
	declared_free(&others);
	return ret;
}

/* A section that no node reads: what it protects is not protected. */
static void check_node(const struct reader *r, config_setting_t *node)
{
	const char *name = config_setting_name(node);

	if (r->root && (!node_is_name(name) || node_is_unknown(r->root, name)))
		notes_add(&r->spec->notes,
			  "%s:%u: the cluster has no node '%s': nobody reads its section",
			  r->file, (unsigned)config_setting_source_line(node), name);
}

/* Sections of a host's policy; those of other nodes are checked, and do not count. */
static int store_nodes(const struct reader *r, config_setting_t *nodes, struct err *err)
{
	if (!config_setting_is_group(nodes))
		return err_at(err, EINVAL, r->file, config_setting_source_line(nodes),
			      "'nodes' must be a group: nodes = { NAME = { ... }; };");
	for (int i = 0; i < config_setting_length(nodes); i++) {
		config_setting_t *node = config_setting_get_elem(nodes, (unsigned)i);
		bool mine = !strcmp(config_setting_name(node), r->node);
		struct wish other = {0};
		int ret;

		if (!config_setting_is_group(node))
			return err_at(err, EINVAL, r->file,
				      config_setting_source_line(node),
				      "node '%s' must be a group: { ... }",
				      config_setting_name(node));
		if (!mine)
			check_node(r, node);
		ret = store_group(r, node, KEY_IN_HOST, mine ? &r->spec->host : &other,
				  err);
		if (ret == 0)
			ret = store_lists(r, node, mine, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int store_setting(const struct reader *r, config_setting_t *setting,
			 unsigned where, struct wish *wish, struct err *err)
{
	const char *name = config_setting_name(setting);
	const struct key *key = key_find(name, where);
	int n = where & KEY_IN_VM ? slot_number(name) : -1;

	if (n >= 0)
		return store_slot(r, setting, (unsigned)n, err);
	if (key)
		return reader_store(r, key, setting, wish, err);
	if (where & KEY_IN_HOST && !strcmp(name, "nodes") &&
	    config_setting_is_root(config_setting_parent(setting)))
		return 0; /* after the settings for all nodes */
	if (where & KEY_IN_HOST && (!strcmp(name, "sriov") || !strcmp(name, "drivers")))
		return 0; /* in store_lists */
	reader_unknown(r, setting, where);
	return 0;
}

static int store_group(const struct reader *r, config_setting_t *group, unsigned where,
		       struct wish *wish, struct err *err)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		int ret = store_setting(r, config_setting_get_elem(group, (unsigned)i),
					where, wish, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_machine(void *context, config_setting_t *top, struct err *err)
{
	const struct reader *r = context;

	return store_group(r, top, KEY_IN_VM, &r->spec->vm, err);
}

static int read_host(void *context, config_setting_t *top, struct err *err)
{
	const struct reader *r = context;
	config_setting_t *nodes = config_setting_get_member(top, "nodes");
	int ret = store_group(r, top, KEY_IN_HOST, &r->spec->host, err);

	if (ret == 0)
		ret = store_lists(r, top, true, err);
	return ret == 0 && nodes ? store_nodes(r, nodes, err) : ret;
}

int policy_parse(const char *text, size_t size, const char *file, struct spec *spec,
		 struct err *err)
{
	struct reader reader = {.file = file, .spec = spec};

	return policy_text(text, size, file, read_machine, &reader, err);
}

int policy_parse_host(const struct root *root, const char *text, size_t size,
		      const char *file, const char *node, struct spec *spec,
		      struct err *err)
{
	struct reader reader = {.file = file, .node = node, .root = root, .spec = spec};

	return policy_text(text, size, file, read_host, &reader, err);
}

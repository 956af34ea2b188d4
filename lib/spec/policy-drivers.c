/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "spec/policy-reader.h"

static unsigned line_of(config_setting_t *setting)
{
	return config_setting_source_line(setting);
}

static int lacks(const struct reader *r, config_setting_t *group, const struct wish *wish,
		 struct err *err)
{
	if (!wish_has(wish, KEY_DEVICE))
		return err_at(err, EINVAL, r->file, line_of(group),
			      "an entry of 'drivers' names its device: device = "
			      "\"01:00.0\";");
	if (!wish_has(wish, KEY_DECLARED_DRIVER))
		return err_at(err, EINVAL, r->file, line_of(group),
			      "an entry of 'drivers' names the driver: driver = "
			      "\"vfio-pci\";");
	return 0;
}

static int store_entry(const struct reader *r, config_setting_t *group,
		       struct declared *entry, struct err *err)
{
	struct wish wish = {0};
	int ret = 0;

	for (int i = 0; ret == 0 && i < config_setting_length(group); i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		const struct key *key =
			key_find(config_setting_name(setting), KEY_IN_DRIVERS);

		if (key)
			ret = reader_store(r, key, setting, &wish, err);
		else
			reader_unknown(r, setting, KEY_IN_DRIVERS);
	}
	if (ret == 0)
		ret = lacks(r, group, &wish, err);
	if (ret == 0)
		ret = pf_name_parse(wish.device, &entry->name);
	memcpy(entry->device, wish.device, sizeof(entry->device));
	memcpy(entry->driver, wish.declared_driver, sizeof(entry->driver));
	entry->allow = wish.allow;
	entry->line = line_of(group);
	(void)snprintf(entry->file, sizeof(entry->file), "%s", r->file);
	return ret;
}

/* A node's own stands for the cluster's; within one list, from @*first on, two say the
 * same or are a mistake. */
static int settle(struct declared_list *list, unsigned *first, struct err *err)
{
	for (unsigned i = 0; i + 1 < list->n; i++) {
		const struct declared *last = &list->item[list->n - 1],
				      *old = &list->item[i];

		if (!pf_name_equal(&old->name, &last->name))
			continue;
		if (i >= *first && strcmp(old->driver, last->driver) != 0)
			return err_at(err, EINVAL, last->file, last->line,
				      "device %s is to have driver %s by line %u, and %s "
				      "by this one: remove one",
				      last->device, old->driver, old->line, last->driver);
		*first -= i < *first;
		declared_drop(list, i);
		break;
	}
	return 0;
}

int reader_drivers(const struct reader *r, config_setting_t *setting,
		   struct declared_list *list, struct err *err)
{
	unsigned first = list->n;
	int ret = reader_wants_groups(r, setting, err);

	for (int i = 0; ret == 0 && i < config_setting_length(setting); i++) {
		config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
		struct declared *entry =
			list->n < LIMIT_DECLARED ? declared_add(list) : NULL;

		if (!entry)
			return err_at(err, E2BIG, r->file, line_of(group),
				      "more than %d entries of 'drivers'",
				      LIMIT_DECLARED);
		ret = store_entry(r, group, entry, err);
		if (ret == 0)
			ret = settle(list, &first, err);
	}
	return ret;
}

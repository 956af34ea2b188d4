/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/propstring.h"

#include <errno.h>
#include <string.h>

static int store_part(char *part, struct wish *wish, struct err *err)
{
	char *equals = strchr(part, '=');
	const char *name = equals ? part : "host", *value = equals ? equals + 1 : part;
	const struct key *key, *near;

	if (equals)
		*equals = '\0';
	if (equals && (!*name || !*value))
		return err_set(err, EINVAL, "'%s=%s': a key and a value are needed", name,
			       value);
	key = key_find(name, KEY_IN_PROXMOX);
	if (!key) {
		near = key_nearest(name, KEY_IN_PROXMOX);
		return err_set(err, EINVAL, "unknown option '%s'%s%s%s", name,
			       near ? " (did you mean '" : "", near ? near->name : "",
			       near ? "'?)" : "");
	}
	if (wish->set & UINT64_C(1) << (key - key_table))
		return err_set(err, EINVAL, "'%s' is given twice", key->name);
	return key_store_property(key, value, wish, err);
}

static bool is_blank(const char *s)
{
	return !s[strspn(s, " \t\n\v\f\r")];
}

int propstring_parse(const char *text, struct wish *wish, struct err *err)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *part;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	*wish = (struct wish){0};
	while ((part = strsep(&rest, ","))) {
		int r = is_blank(part) ? 0 : store_part(part, wish, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/propstring.h"

#include <errno.h>
#include <string.h>

static bool is_blank(const char *s)
{
	return !s[strspn(s, " \t\n\v\f\r")];
}

static struct property *find(struct property *list, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

bool propstring_is_false(const char *value)
{
	return !value || !*value || !strcmp(value, "0");
}

int propstring_twice(const char *name, struct err *err)
{
	return err_set(err, EINVAL, "'%.60s' is given twice: remove one", name);
}

int propstring_next(char **rest, struct property *ret, struct err *err)
{
	char *part, *equals, *newline;

	do {
		part = strsep(rest, ",");
		if (!part)
			return 0;
	} while (is_blank(part));
	equals = strchr(part, '=');
	*ret = (struct property){.value = part};
	if (!equals)
		return 1;
	*equals = '\0';
	*ret = (struct property){.name = part, .value = equals + 1};
	/* One newline at the end is not part of the value, others make it none (Perl's .
	 * and $). */
	newline = strchr(ret->value, '\n');
	if (newline && !newline[1])
		*newline = '\0';
	if (*part && *ret->value && !strchr(ret->value, '\n'))
		return 1;
	return err_set(err, EINVAL, "'%.60s=%.60s': a key and a value are needed",
		       ret->name, ret->value);
}

int propstring_split(char *text, const char *bare, struct property ret[PROPSTRING_MAX],
		     struct err *err)
{
	struct property *old, p;
	int n = 0, r;

	while ((r = propstring_next(&text, &p, err)) > 0) {
		bool named = p.name != NULL;

		if (!named)
			p.name = bare;
		old = find(ret, n, p.name);
		if (old && (named || !propstring_is_false(old->value)))
			return propstring_twice(p.name, err);
		if (!old && n == PROPSTRING_MAX)
			return err_set(err, EINVAL, "more than %d keys", PROPSTRING_MAX);
		*(old ? old : &ret[n++]) = p;
	}
	return r < 0 ? r : n;
}

static int store(const struct property *p, struct wish *wish, struct err *err)
{
	const struct key *key = key_find(p->name, KEY_IN_PROXMOX);
	char hint[KEY_HINT];
	int r = key ? key_store_property(key, p->value, wish, err) : 0;

	if (r == -E2BIG || r == -ERANGE)
		return err_wrap(err, "more than hostpci takes, though Proxmox does");
	if (key)
		return r;
	return err_set(err, EINVAL, "unknown option '%.60s'%s", p->name,
		       key_hint(p->name, KEY_IN_PROXMOX, hint));
}

int propstring_parse(const char *text, struct wish *wish, struct err *err)
{
	_cleanup_free_ char *copy = strdup(text);
	struct property list[PROPSTRING_MAX] = {0};
	int n, r = 0;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	*wish = (struct wish){0};
	n = propstring_split(copy, "host", list, err);
	for (int i = 0; i < n && r == 0; i++)
		r = store(&list[i], wish, err);
	return n < 0 ? n : r;
}

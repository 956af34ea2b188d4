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

/* What Perl takes for a value that is not there. */
static bool is_false(const char *value)
{
	return !*value || !strcmp(value, "0");
}

/* Value and key of "KEY=VALUE". One newline at the end is not part of the value, others
 * make it none (Perl's . and $). */
static bool split_part(char *part, char *equals, struct property *ret)
{
	char *value = equals + 1, *newline = strchr(value, '\n');

	if (newline && !newline[1])
		*newline = '\0';
	*equals = '\0';
	*ret = (struct property){.name = part, .value = value};
	return *part && *value && !strchr(value, '\n');
}

int propstring_split(char *text, const char *bare, struct property ret[PROPSTRING_MAX],
		     struct err *err)
{
	char *rest = text, *part, *equals;
	struct property *old, p;
	int n = 0;

	while ((part = strsep(&rest, ","))) {
		if (is_blank(part))
			continue;
		equals = strchr(part, '=');
		p = (struct property){.name = bare, .value = part};
		if (equals && !split_part(part, equals, &p))
			return err_set(err, EINVAL,
				       "'%.60s=%.60s': a key and a value are needed",
				       p.name, p.value);
		old = find(ret, n, p.name);
		/* Proxmox lets a bare value replace a false one, so 0,01:00.0 is well
		 * formed and 01:00.0,01:00.1 is not. */
		if (old && (equals || !is_false(old->value)))
			return err_set(err, EINVAL, "'%.60s' is given twice: remove one",
				       p.name);
		if (!old && n == PROPSTRING_MAX)
			return err_set(err, EINVAL, "more than %d keys", PROPSTRING_MAX);
		*(old ? old : &ret[n++]) = p;
	}
	return n;
}

static int store(const struct property *p, struct wish *wish, struct err *err)
{
	const struct key *key = key_find(p->name, KEY_IN_PROXMOX);
	char hint[KEY_HINT];

	if (key)
		return key_store_property(key, p->value, wish, err);
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

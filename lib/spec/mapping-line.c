/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/mapping-line.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "spec/propstring.h"

/* A host name without dots. */
static bool valid_node(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n && !s[n] && s[0] != '-' && s[n - 1] != '-';
}

static size_t hex_span(const char *s)
{
	return strspn(s, "0123456789abcdef");
}

static bool valid_id(const char *s)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	return strspn(s, hex) == 4 && s[4] == ':' && strspn(s + 5, hex) == 4 && !s[9];
}

static bool valid_integer(const char *s)
{
	if (*s == '+' || *s == '-')
		s++;
	return *s && !s[strspn(s, "0123456789")];
}

static bool valid_description(const char *s)
{
	return strlen(s) <= MAPPING_DESCRIPTION;
}

/* Length of DDDD+:BB:SS, 0: something else. */
static size_t slot_span(const char *s)
{
	size_t n = hex_span(s);

	if (n < 4 || s[n] != ':' || hex_span(s + n + 1) != 2 || s[n + 3] != ':' ||
	    hex_span(s + n + 4) < 2)
		return 0;
	return n + 6;
}

/* As Proxmox's pattern takes it, any character may stand before the function: such a path
 * is well formed, only no device has that name. */
static bool valid_path(const char *s)
{
	for (;;) {
		size_t n = slot_span(s);

		if (!n)
			return false;
		s += n;
		if (s[0] && s[1] && hex_span((char[]){s[1], '\0'}) &&
		    (!s[2] || s[2] == ';'))
			s += 2;
		if (!*s)
			return true;
		if (*s++ != ';')
			return false;
	}
}

static const struct field {
	const char *name;
	size_t offset; /* in struct mapping_map */
	bool required;
	bool (*valid)(const char *text);
	const char *form;
} fields[] = {
	{"id", offsetof(struct mapping_map, id), true, valid_id,
	 "is vendor:device, four hexadecimal digits each"},
	{"node", offsetof(struct mapping_map, node), true, valid_node,
	 "is the name of a node (letters, digits, -)"},
	{"path", offsetof(struct mapping_map, path), true, valid_path,
	 "is an address with its domain (0000:01:00.0, or 0000:01:00 for all functions; "
	 "lower case; several with ';')"},
	{"subsystem-id", offsetof(struct mapping_map, subsystem), false, valid_id,
	 "is vendor:device, four hexadecimal digits each"},
	{"iommugroup", offsetof(struct mapping_map, iommugroup), false, valid_integer,
	 "is a number"},
	{"description", offsetof(struct mapping_map, description), false,
	 valid_description, "has at most 4096 bytes"},
};

static const char **field_of(struct mapping_map *map, const struct field *field)
{
	return (const char **)(void *)((char *)map + field->offset);
}

static int store(const struct property *p, struct mapping_map *map, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, p->name) != 0)
			continue;
		if (!fields[i].valid(p->value))
			return err_set(err, EINVAL, "'%.60s': %s %s", p->value, p->name,
				       fields[i].form);
		*field_of(map, &fields[i]) = p->value;
		return 0;
	}
	return p->name[0]
		       ? err_set(err, EINVAL,
				 "there is no '%.60s' in it (there are id, node, "
				 "path, subsystem-id, iommugroup, description)",
				 p->name)
		       : err_set(err, EINVAL, "'%.60s' has no key before it", p->value);
}

/* A path names all functions unless a dot and a digit are in it. */
static bool is_whole(const char *s, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (s[i] == '.' && isxdigit((unsigned char)s[i + 1]))
			return false;
	return true;
}

static int split_paths(struct mapping_map *map, struct err *err)
{
	const char *s = map->path;

	for (;;) {
		struct address *a = &map->paths.item[map->paths.n];
		size_t n = strcspn(s, ";");

		if (map->paths.n == LIMIT_ADDRESSES)
			return err_set(err, E2BIG, "more than %d addresses in a path",
				       LIMIT_ADDRESSES);
		a->whole_slot = is_whole(s, n);
		/* Too long for any device: the dots keep what is left from naming one. */
		if (n >= sizeof(a->text))
			(void)snprintf(a->text, sizeof(a->text), "%.*s...",
				       (int)sizeof(a->text) - 4, s);
		else
			(void)snprintf(a->text, sizeof(a->text), "%.*s", (int)n, s);
		map->paths.n++;
		if (!s[n])
			return 0;
		s += n + 1;
	}
}

static int parse_fields(struct mapping_map *map, struct err *err)
{
	struct property list[PROPSTRING_MAX] = {0};
	int n = propstring_split(map->fields, "", list, err), r = 0;

	for (int i = 0; i < n && r == 0; i++)
		r = store(&list[i], map, err);
	for (size_t i = 0; n >= 0 && r == 0 && i < ARRAY_SIZE(fields); i++)
		if (fields[i].required && !*field_of(map, &fields[i]))
			r = err_set(err, EINVAL, "%s= is missing: add it",
				    fields[i].name);
	if (n < 0 || r < 0 || !map->path)
		return n < 0 ? n : r;
	return split_paths(map, err);
}

int mapping_line_parse(const char *value, struct mapping_map *ret, struct err *err)
{
	struct mapping_map map = {.text = strdup(value), .fields = strdup(value)};
	int r = map.text && map.fields ? parse_fields(&map, err)
				       : err_set(err, ENOMEM, "out of memory");

	if (r < 0) {
		free(map.text);
		free(map.fields);
		return r;
	}
	*ret = map;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/mapping.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/fileio.h"
#include "spec/key.h"
#include "spec/mapping-line.h"
#include "spec/section.h"

struct reader {
	struct section_reader in;
	const char *file;
	struct mappings *mappings;
};

static void note(struct reader *r, const char *fmt, ...) _printf_(2, 3);

static void note(struct reader *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	notes_add(&r->mappings->notes, "%s:%u: %s", r->file, r->in.line, text);
}

/* Cuts the blanks at the end of a section's name; false: the line is something else. */
static bool is_header(char *line)
{
	size_t n = strcspn(line, SECTION_BLANKS);

	if (!n || line[n + strspn(line + n, SECTION_BLANKS)])
		return false;
	line[n] = '\0';
	return true;
}

static void map_free(struct mapping_map *map)
{
	free(map->text);
	free(map->fields);
}

static void mapping_free(struct mapping *m)
{
	for (size_t i = 0; i < m->maps; i++)
		map_free(&m->map[i]);
	free(m->map);
	free(m->description);
	free(m->name);
}

static int add_map(struct reader *r, struct mapping *m, const char *value,
		   struct err *err)
{
	struct mapping_map *grown = realloc(m->map, (m->maps + 1) * sizeof(*grown));
	struct mapping_map map;
	int n;

	if (!grown)
		return err_set(err, ENOMEM, "out of memory");
	m->map = grown;
	n = mapping_line_parse(value, &map, err);
	if (n < 0)
		return n;
	map.line = r->in.line;
	m->map[m->maps++] = map;
	return 0;
}

static int store_flag(const char *value, bool *has, bool *flag, struct err *err)
{
	if (*has)
		return err_set(err, EINVAL,
			       "it is given twice, and the first one counts: remove one");
	/* Without a value it is on (PVE::SectionConfig, check_value). */
	if (value && strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return err_set(err, EINVAL, "'%.60s' is neither 0 nor 1: correct it",
			       value);
	*has = true;
	*flag = !value || value[0] == '1';
	return 0;
}

static int store_description(const char *value, struct mapping *m, struct err *err)
{
	if (m->description)
		return err_set(err, EINVAL,
			       "it is given twice, and the first one counts: remove one");
	if (!value)
		return err_set(err, EINVAL, "it has no value: write one after it");
	if (strlen(value) > MAPPING_DESCRIPTION)
		return err_set(err, EINVAL, "it is longer than %d bytes",
			       MAPPING_DESCRIPTION);
	m->description = strdup(value);
	return m->description ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int store(struct reader *r, struct mapping *m, const char *key, const char *value,
		 struct err *err)
{
	if (!strcmp(key, "map"))
		return value ? add_map(r, m, value, err)
			     : err_set(err, EINVAL,
				       "it has no value: write one after it");
	if (!strcmp(key, "mdev"))
		return store_flag(value, &m->has_mdev, &m->mdev, err);
	if (!strcmp(key, "live-migration-capable"))
		return store_flag(value, &m->has_migration, &m->migration, err);
	if (!strcmp(key, "description"))
		return store_description(value, m, err);
	if (!strcmp(key, "type") && value && !strcmp(value, "pci"))
		return 0;
	return err_set(err, EINVAL,
		       "there is no such property (there are map, mdev, description, "
		       "live-migration-capable)");
}

/* A later section of the same name takes the place of the earlier one. */
static int keep(struct reader *r, struct mapping *m)
{
	struct mappings *list = r->mappings;
	struct mapping *grown;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->item[i].name, m->name) != 0)
			continue;
		notes_add(&list->notes,
			  "%s:%u: mapping %.60s was there before, on line %u, which no "
			  "longer counts: remove one",
			  r->file, m->line, m->name, list->item[i].line);
		m->damaged = true;
		mapping_free(&list->item[i]);
		memmove(&list->item[i], &list->item[i + 1],
			(list->n - i - 1) * sizeof(*m));
		list->n--;
	}
	grown = realloc(list->item, (list->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->item = grown;
	list->item[list->n++] = *m;
	*m = (struct mapping){0};
	return 0;
}

static void read_line(struct reader *r, struct mapping *m, char *line)
{
	char *key, *value;
	struct err why;

	if (!section_property(line, &key, &value))
		note(r,
		     "mapping %.60s: Proxmox ignores '%.60s': properties begin with a "
		     "tab, "
		     "and a new mapping needs an empty line before it",
		     m->name, line);
	else if (store(r, m, key, value, &why) < 0)
		note(r, "mapping %.60s: Proxmox drops this '%.40s': %s", m->name, key,
		     why.msg);
	else
		return;
	m->damaged = true;
}

static int read_section(struct reader *r, const char *name)
{
	struct mapping m = {.name = strdup(name), .line = r->in.line};
	char *line;
	int result;

	if (!m.name)
		return -ENOMEM;
	while (!section_is_end(line = section_line(&r->in)))
		read_line(r, &m, line);
	if (!m.maps) {
		m.rejected = m.damaged = true;
		note(r,
		     "mapping %.60s (line %u) has no valid 'map' line: no VM that uses "
		     "it "
		     "starts; add one, or remove the mapping",
		     name, m.line);
	}
	result = keep(r, &m);
	mapping_free(&m);
	return result;
}

static int read_all(struct reader *r)
{
	char *line;
	int result = 0;

	while (result == 0 && (line = section_line(&r->in))) {
		if (section_is_end(line))
			continue;
		if (!is_header(line)) {
			note(r,
			     "Proxmox ignores '%.60s': a mapping begins with its name "
			     "alone on a line",
			     line);
		} else if (!key_table[KEY_MAPPING].valid(line)) {
			note(r,
			     "Proxmox skips mapping '%.60s': a name is a letter, then "
			     "letters, digits, - and _",
			     line);
			while (!section_is_end(section_line(&r->in)))
				continue;
		} else {
			result = read_section(r, line);
		}
	}
	return result;
}

int mappings_parse(char *text, size_t size, const char *file, struct mappings *ret,
		   struct err *err)
{
	struct mappings mappings = {0};
	struct reader reader = {.in.rest = text, .file = file, .mappings = &mappings};
	int r;

	(void)snprintf(mappings.file, sizeof(mappings.file), "%s", file);
	if (file_check_text(text, size, file, err) < 0)
		return -EINVAL;
	r = read_all(&reader);
	if (r < 0) {
		mappings_free(&mappings);
		return err_at(err, -r, file, reader.in.line, "%s", strerror(-r));
	}
	*ret = mappings;
	return 0;
}

int mappings_load(const struct root *root, struct mappings *ret, struct err *err)
{
	static const char *const files[] = {"/etc/pve/mapping/pci.cfg",
					    "/etc/hostpci/mapping/pci.cfg"};
	_cleanup_free_ char *text = NULL;
	const char *file = files[0];
	size_t size;
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < ARRAY_SIZE(files); i++) {
		file = files[i];
		r = file_read(root, file, LIMIT_CONFIG, &text, &size);
	}
	if (r == -ENOENT) {
		*ret = (struct mappings){0};
		(void)snprintf(ret->file, sizeof(ret->file), "%s", files[0]);
		return 0;
	}
	if (r < 0)
		return file_error(err, file, -r);
	return mappings_parse(text, size, file, ret, err);
}

void mappings_free(struct mappings *mappings)
{
	for (size_t i = 0; i < mappings->n; i++)
		mapping_free(&mappings->item[i]);
	free(mappings->item);
	notes_free(&mappings->notes);
	*mappings = (struct mappings){0};
}

const struct mapping *mappings_find(const struct mappings *mappings, const char *name)
{
	for (size_t i = 0; i < mappings->n; i++)
		if (!strcmp(mappings->item[i].name, name))
			return &mappings->item[i];
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "spec/vmfile.h"
#include "spec/vmoption.h"

enum schema { SCHEMA_OPTIONS, SCHEMA_ANY, SCHEMA_FLEECING, SCHEMA_NONE };

struct reader {
	struct vmfile *file;
	const char *name;
	unsigned line;
	struct vmfile_section *section; /* NULL: of an unknown section */
	enum schema schema;
	bool pending_seen;
	bool described; /* comment lines were seen */
	struct vmtext description;
};

static void dropped(struct reader *r, const char *what, const char *text, size_t size)
{
	notes_add(&r->file->dropped, "%s:%u: %s%s%.*s%s", r->name, r->line, what,
		  size ? ": '" : "", (int)(size > 60 ? 60 : size), text, size ? "'" : "");
}

static int finish_description(struct reader *r)
{
	int rc = 0;

	if (r->described) {
		vmtext_trim(&r->description);
		rc = vmfile_set(r->section, "description", r->description.data,
				r->description.size, r->line);
	}
	vmtext_free(&r->description);
	r->described = false;
	return rc;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* True for "[NAME]", blanks after it allowed; *@ret is its name, NULL: out of memory. */
static bool section_name(const char *line, size_t size, char **ret)
{
	const char *end = size && line[0] == '[' ? memchr(line, ']', size) : NULL;

	if (!end)
		return false;
	for (const char *s = end + 1; s < line + size; s++)
		if (!is_blank(*s))
			return false;
	*ret = strndup(line + 1, (size_t)(end - line - 1));
	if (*ret && strlen(*ret) != (size_t)(end - line - 1))
		(*ret)[0] = '\0'; /* a NUL is in it: no name */
	return true;
}

static bool is_snapshot(const char *name)
{
	size_t n = 0;

	while (is_letter(name[n]) || (name[n] >= '0' && name[n] <= '9') ||
	       name[n] == '_' || name[n] == '-')
		n++;
	return is_letter(name[0]) && n > 1 && !name[n];
}

static int enter(struct reader *r, struct vmfile_sections *sections, const char *name,
		 enum schema schema)
{
	struct vmfile_section *old = vmfile_find(sections, name);

	if (old) {
		dropped(r, "the section was there before; what it held is lost", name,
			strlen(name));
		while (old->n)
			vmfile_unset(old, old->entry[0].key);
	}
	r->section = old ? old : vmfile_add(sections, name);
	r->schema = schema;
	return r->section ? 0 : -ENOMEM;
}

static int enter_section(struct reader *r, const char *name)
{
	static const char special[] = "special:";
	const char *kind = name + strlen(special);
	int rc = finish_description(r);

	if (rc < 0)
		return rc;
	if (!strcasecmp(name, "pending")) {
		if (r->pending_seen)
			dropped(r, "the section was there before; what it held is lost",
				name, strlen(name));
		while (r->file->pending.n)
			vmfile_unset(&r->file->pending, r->file->pending.entry[0].key);
		r->pending_seen = true;
		r->section = &r->file->pending;
		r->schema = SCHEMA_OPTIONS;
		return 0;
	}
	if (!strncasecmp(name, special, strlen(special)) &&
	    (!strcasecmp(kind, "cloudinit") || !strcasecmp(kind, "fleecing")))
		return enter(r, &r->file->special, kind,
			     !strcmp(kind, "cloudinit")	 ? SCHEMA_ANY
			     : !strcmp(kind, "fleecing") ? SCHEMA_FLEECING
							 : SCHEMA_NONE);
	if (is_snapshot(name))
		return enter(r, &r->file->snapshots, name, SCHEMA_OPTIONS);
	dropped(r, "an unknown section with all that follows it", name, strlen(name));
	r->section = NULL;
	return 0;
}

static const struct vmoption *schema_find(enum schema schema, const char *key)
{
	switch (schema) {
	case SCHEMA_OPTIONS:
		return vmoption_find(key);
	case SCHEMA_FLEECING:
		return strcmp(key, vmoption_fleecing.name) ? NULL : &vmoption_fleecing;
	case SCHEMA_ANY:
	case SCHEMA_NONE:
		break;
	}
	return NULL;
}

/* Proxmox keeps the last of several, without a word; of a device that is worth one. */
static void note_overridden(struct reader *r, const char *key)
{
	for (size_t i = 0; i < r->section->n; i++) {
		const struct vmfile_entry *old = &r->section->entry[i];

		if (old->line && !strcmp(old->key, key) &&
		    !strncmp(key, "hostpci", strlen("hostpci")))
			notes_add(&r->file->dropped,
				  "%s:%u: %s stands again in line %u, which wins",
				  r->name, old->line, key, r->line);
	}
}

static int take_option(struct reader *r, const char *key, const char *value, size_t size)
{
	const struct vmoption *option = schema_find(r->schema, key);
	_cleanup_free_ char *kept = NULL, *copy = NULL;
	struct err why;
	int rc;

	if (r->schema == SCHEMA_ANY)
		return vmfile_set(r->section, key, value, size, r->line);
	if (!option) {
		dropped(r, "Proxmox has no such option", key, strlen(key));
		return 0;
	}
	copy = malloc(size + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, value, size);
	copy[size] = '\0';
	rc = vmoption_value(option, copy, size, &kept, &size, &why);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		notes_add(&r->file->dropped, "%s:%u: %s: %s", r->name, r->line, key,
			  why.msg);
		return 0;
	}
	note_overridden(r, key);
	return vmfile_set(r->section, strcmp(key, "cdrom") ? key : "ide2", kept, size,
			  r->line);
}

/* One line in pieces: KEY, and what follows its colon. */
struct line {
	const char *text;
	size_t size;
	size_t key;	   /* length of the key before ':', 0: there is none */
	const char *value; /* without blanks around */
	size_t value_size; /* 0: nothing but blanks */
};

/* A key is a small letter, then small letters, _ and -, then digits. */
static struct line take_apart(const char *text, size_t size)
{
	struct line l = {.text = text, .size = size};
	size_t n = 0;

	if (size && text[0] >= 'a' && text[0] <= 'z')
		for (n = 1; n < size && ((text[n] >= 'a' && text[n] <= 'z') ||
					 text[n] == '_' || text[n] == '-');)
			n++;
	while (n && n < size && text[n] >= '0' && text[n] <= '9')
		n++;
	if (!n || n == size || text[n] != ':')
		return l;
	l.key = n;
	l.value = text + n + 1;
	l.value_size = size - n - 1;
	while (l.value_size && is_blank(l.value[0])) {
		l.value++;
		l.value_size--;
	}
	while (l.value_size && is_blank(l.value[l.value_size - 1]))
		l.value_size--;
	return l;
}

static bool is_key(const struct line *l, const char *key)
{
	return l->key == strlen(key) && !memcmp(l->text, key, l->key);
}

/* The reader takes "snapstate: prepare" or "delete" anywhere in a line. */
static const char *snap_state(const struct line *l)
{
	static const char *const states[] = {"prepare", "delete"};
	static const char key[] = "snapstate:";
	const char *end = l->text + l->size;

	while (end > l->text && is_blank(end[-1]))
		end--;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		size_t n = strlen(states[i]);
		const char *s = end - n;

		if ((size_t)(end - l->text) < n + strlen(key) ||
		    memcmp(s, states[i], n) != 0)
			continue;
		while (s > l->text && is_blank(s[-1]))
			s--;
		if ((size_t)(s - l->text) >= strlen(key) &&
		    !memcmp(s - strlen(key), key, strlen(key)))
			return states[i];
	}
	return NULL;
}

static int take_delete(struct reader *r, const struct line *l)
{
	if (r->section == &r->file->pending)
		return vmfile_set(r->section, "delete", l->value, l->value_size, r->line);
	dropped(r, "delete is for [PENDING] only", l->text, l->size);
	return 0;
}

/* A value of nothing but blanks is the last of them. */
static int take_key(struct reader *r, const struct line *l)
{
	_cleanup_free_ char *key = strndup(l->text, l->key);

	if (!key)
		return -ENOMEM;
	return l->value_size ? take_option(r, key, l->value, l->value_size)
			     : take_option(r, key, l->text + l->size - 1, 1);
}

static int take_setting(struct reader *r, const struct line *l)
{
	const char *state = snap_state(l);

	if (is_key(l, "description") && l->value_size) {
		r->described = true;
		return vmtext_add_decoded(&r->description, l->value, l->value_size);
	}
	if (state)
		return vmfile_set(r->section, "snapstate", state, strlen(state), r->line);
	if (is_key(l, "args") && l->value_size)
		return vmfile_set(r->section, "args", l->value, l->value_size, r->line);
	if (is_key(l, "delete") && l->value_size)
		return take_delete(r, l);
	if (l->key && l->size > l->key + 1)
		return take_key(r, l);
	dropped(r, "not of the form KEY: VALUE", l->text, l->size);
	return 0;
}

static int take_line(struct reader *r, const char *text, size_t size)
{
	_cleanup_free_ char *name = NULL;
	struct line l;
	size_t i = 0;
	int rc;

	while (i < size && is_blank(text[i]))
		i++;
	if (i == size)
		return 0;
	if (section_name(text, size, &name))
		return name ? enter_section(r, name) : -ENOMEM;
	if (!r->section)
		return 0;
	if (text[0] == '#') {
		r->described = true;
		rc = vmtext_add_decoded(&r->description, text + 1, size - 1);
		return rc < 0 ? rc : vmtext_add(&r->description, "\n", 1);
	}
	l = take_apart(text, size);
	return take_setting(r, &l);
}

int vmfile_parse(const char *text, size_t size, const char *file, struct vmfile *ret,
		 struct err *err)
{
	struct vmfile vmfile = {0};
	struct reader r = {.file = &vmfile, .name = file, .section = &vmfile.current};
	const char *end = text + size, *next;
	int rc = 0;

	while (text < end && rc == 0) {
		next = memchr(text, '\n', (size_t)(end - text));
		r.line++;
		rc = take_line(&r, text, (size_t)((next ? next : end) - text));
		text = next ? next + 1 : end;
	}
	if (rc == 0)
		rc = finish_description(&r);
	vmtext_free(&r.description);
	vmfile_unset(&vmfile.current, "snapstate");
	if (rc < 0) {
		vmfile_free(&vmfile);
		return err_set(err, ENOMEM, "out of memory");
	}
	*ret = vmfile;
	return 0;
}

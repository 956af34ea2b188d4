/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/storage.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/limits.h"
#include "spec/section.h"
#include "spec/vmoption.h"

/* The types with folders. Others have neither path nor snippets. */
static const struct type {
	const char *name;
	bool shared;	     /* always, and mounted below /mnt/pve if nothing is said */
	const char *content; /* if nothing is said */
} types[] = {
	{"dir", false, "images,rootdir"}, {"btrfs", false, "images,rootdir"},
	{"nfs", true, "images"},	  {"cifs", true, "images"},
	{"cephfs", true, "backup"},
};

static const struct storage implicit_local = {
	.id = "local",
	.type = "dir",
	.path = "/var/lib/vz",
	.folder = "snippets",
	.content = "backup,images,iso,rootdir,snippets,vztmpl",
	.snippets = true,
};

struct reader {
	struct section_reader in;
	struct storages *storages;
};

/* What a section has said so far: the first of two equal keys counts. */
struct seen {
	bool path, content, nodes, disable, shared, dirs, mount;
};

static const struct type *type_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	return NULL;
}

/* pve-storage-id */
static bool valid_id(const char *s, size_t n)
{
	if (n < 2 || n >= sizeof(((struct storage *)0)->id) ||
	    !isalpha((unsigned char)s[0]) || !isalnum((unsigned char)s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("-_.", s[i]))
			return false;
	return true;
}

static bool valid_text(const char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s))
			return false;
	return true;
}

int volume_parse(const char *text, struct volume *ret)
{
	static const char kind[] = "snippets/";
	size_t n = strcspn(text, ":");
	const char *name = text + n + 1;
	struct volume volume;

	if (!text[n] || !valid_id(text, n) || strncmp(name, kind, strlen(kind)) != 0)
		return -EINVAL;
	name += strlen(kind);
	if (!name[0] || strlen(name) >= sizeof(volume.name) || strchr(name, '/') ||
	    !strcmp(name, ".") || !strcmp(name, "..") || !valid_text(name))
		return -EINVAL;
	(void)snprintf(volume.storage, sizeof(volume.storage), "%.*s", (int)n, text);
	(void)snprintf(volume.name, sizeof(volume.name), "%s", name);
	*ret = volume;
	return 0;
}

/* True if the first one of its kind fits; Proxmox drops a second one. */
static bool take(bool *seen, const char *value, size_t size)
{
	bool first = !*seen && value && strlen(value) < size && valid_text(value);

	*seen |= first;
	return first;
}

/* Without a value a flag is on (PVE::SectionConfig, check_value). */
static void store_flag(bool *seen, const char *value, bool *ret)
{
	if (*seen || (value && strcmp(value, "0") != 0 && strcmp(value, "1") != 0))
		return;
	*seen = true;
	*ret = !value || value[0] == '1';
}

/* "iso=images/iso,snippets=hooks" */
static void store_folder(struct storage *s, const char *value)
{
	static const char kind[] = "snippets=";
	const char *word;
	size_t n;

	while ((word = vmoption_word(&value, &n))) {
		size_t skip = strlen(kind);

		if (n <= skip || n - skip >= sizeof(s->folder) ||
		    strncmp(word, kind, skip) != 0)
			continue;
		(void)snprintf(s->folder, sizeof(s->folder), "%.*s", (int)(n - skip),
			       word + skip);
		if (strstr(s->folder, ".."))
			(void)snprintf(s->folder, sizeof(s->folder), "snippets");
	}
}

/* "none" beside others is an error, and the key is dropped. */
static bool store_content(struct storage *s, const char *value)
{
	const char *rest = value, *word;
	size_t n, at = 0;

	if (vmoption_listed(value, "none")) {
		(void)vmoption_word(&rest, &n);
		return !vmoption_word(&rest, &n);
	}
	s->snippets = vmoption_listed(value, "snippets");
	while ((word = vmoption_word(&rest, &n)) && at + n + 1 < sizeof(s->content))
		at += (size_t)snprintf(s->content + at, sizeof(s->content) - at, "%s%.*s",
				       at ? "," : "", (int)n, word);
	return true;
}

static void store(struct storage *s, struct seen *seen, const char *key,
		  const char *value)
{
	bool mount = false;

	if (!strcmp(key, "path") && value && value[0] == '/' &&
	    take(&seen->path, value, sizeof(s->path)))
		(void)snprintf(s->path, sizeof(s->path), "%s", value);
	else if (!strcmp(key, "nodes") && take(&seen->nodes, value, sizeof(s->nodes)))
		(void)snprintf(s->nodes, sizeof(s->nodes), "%s", value);
	else if (!strcmp(key, "content") && value && !seen->content)
		seen->content =
			strlen(value) < sizeof(s->content) && store_content(s, value);
	else if (!strcmp(key, "content-dirs") && take(&seen->dirs, value, STORAGE_PATH))
		store_folder(s, value);
	else if (!strcmp(key, "is_mountpoint") && take(&seen->mount, value, 256))
		mount = strcmp(value, "0") != 0 && strcmp(value, "no") != 0;
	else if (!strcmp(key, "disable"))
		store_flag(&seen->disable, value, &s->disabled);
	else if (!strcmp(key, "shared"))
		store_flag(&seen->shared, value, &s->shared);
	s->mounted |= mount;
}

/* What the type says where the section does not. */
static void complete(struct storage *s, const struct seen *seen)
{
	const struct type *type = type_find(s->type);

	if (!type) {
		s->path[0] = '\0';
		s->snippets = false;
		return;
	}
	s->shared |= type->shared;
	s->mounted |= type->shared;
	if (!seen->content)
		(void)snprintf(s->content, sizeof(s->content), "%s", type->content);
	if (!s->path[0] && type->shared)
		(void)snprintf(s->path, sizeof(s->path), "/mnt/pve/%s", s->id);
}

/* A later section of the same name takes the place of the earlier one. */
static int keep(struct storages *list, const struct storage *storage, bool first)
{
	struct storage *grown;

	for (size_t i = list->n; i-- > 0;)
		if (!strcmp(list->item[i].id, storage->id))
			memmove(&list->item[i], &list->item[i + 1],
				(--list->n - i) * sizeof(*storage));
	grown = realloc(list->item, (list->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->item = grown;
	if (first)
		memmove(grown + 1, grown, list->n * sizeof(*grown));
	grown[first ? 0 : list->n] = *storage;
	list->n++;
	return 0;
}

/* "dir: local" */
static bool read_header(const char *line, struct storage *ret)
{
	size_t n = strcspn(line, ":" SECTION_BLANKS), size;
	const char *id = line + n + 1;

	*ret = (struct storage){.folder = "snippets"};
	if (!n || line[n] != ':' || n >= sizeof(ret->type))
		return false;
	id += strspn(id, SECTION_BLANKS);
	size = strcspn(id, SECTION_BLANKS);
	if (id[size + strspn(id + size, SECTION_BLANKS)] || !valid_id(id, size))
		return false;
	for (size_t i = 0; i < n; i++)
		ret->type[i] = (char)tolower((unsigned char)line[i]);
	(void)snprintf(ret->id, sizeof(ret->id), "%.*s", (int)size, id);
	return true;
}

/* True if @line began a section, which is read to its end. */
static bool is_header(const char *line)
{
	size_t n = strcspn(line, ":" SECTION_BLANKS);

	return n && line[n] == ':' && line[n + 1 + strspn(line + n + 1, SECTION_BLANKS)];
}

static int read_section(struct reader *r, const char *header)
{
	struct storage storage;
	struct seen seen = {0};
	bool known = read_header(header, &storage);
	char *line, *key, *value;

	while (!section_is_end(line = section_line(&r->in)))
		if (known && section_property(line, &key, &value))
			store(&storage, &seen, key, value);
	if (!known)
		return 0;
	complete(&storage, &seen);
	return keep(r->storages, &storage, false);
}

/* Proxmox's "make sure we have a reasonable 'local:' storage". */
static int mend_local(struct storages *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct storage *s = &list->item[i];

		if (strcmp(s->id, "local") != 0 || strcmp(s->type, "dir") != 0 ||
		    (s->path[0] && strcmp(s->path, "/var/lib/vz") != 0))
			continue;
		(void)snprintf(s->path, sizeof(s->path), "/var/lib/vz");
		s->nodes[0] = '\0';
		return 0;
	}
	return keep(list, &implicit_local, true);
}

int storages_parse(char *text, size_t size, const char *file, struct storages *ret,
		   struct err *err)
{
	struct storages storages = {0};
	struct reader reader = {.in.rest = text, .storages = &storages};
	char *line;
	int r = 0;

	if (file_check_text(text, size, file, err) < 0)
		return -EINVAL;
	while (r == 0 && (line = section_line(&reader.in)))
		if (is_header(line))
			r = read_section(&reader, line);
	if (r == 0)
		r = mend_local(&storages);
	if (r < 0) {
		storages_free(&storages);
		return err_at(err, -r, file, reader.in.line, "%s", strerror(-r));
	}
	*ret = storages;
	return 0;
}

int storages_load(const struct root *root, struct storages *ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	char none[] = "";
	int r = file_read(root, STORAGE_FILE, LIMIT_CONFIG, &text, &size);

	if (r < 0 && r != -ENOENT)
		return file_error(err, STORAGE_FILE, -r);
	return storages_parse(text ? text : none, size, STORAGE_FILE, ret, err);
}

void storages_free(struct storages *storages)
{
	free(storages->item);
	*storages = (struct storages){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmfile.h"

#include <errno.h>
#include <string.h>

/* Where @key is or belongs; *@ret_found tells which. */
static size_t place(const struct vmfile_section *section, const char *key,
		    bool *ret_found)
{
	size_t i = 0;
	int order = 1;

	while (i < section->n && (order = strcmp(section->entry[i].key, key)) < 0)
		i++;
	*ret_found = i < section->n && order == 0;
	return i;
}

const struct vmtext *vmfile_get(const struct vmfile_section *section, const char *key)
{
	bool found;
	size_t i = place(section, key, &found);

	return found ? &section->entry[i].value : NULL;
}

bool vmfile_is_true(const struct vmfile_section *section, const char *key)
{
	const struct vmtext *value = vmfile_get(section, key);

	return value && value->size && (value->size != 1 || value->data[0] != '0');
}

static void entry_free(struct vmfile_entry *entry)
{
	free(entry->key);
	vmtext_free(&entry->value);
}

/* Room for one more at @i; false: out of memory. */
static bool make_room(struct vmfile_section *section, size_t i)
{
	struct vmfile_entry *grown =
		realloc(section->entry, (section->n + 1) * sizeof(*grown));

	if (!grown)
		return false;
	section->entry = grown;
	memmove(grown + i + 1, grown + i, (section->n - i) * sizeof(*grown));
	section->n++;
	return true;
}

int vmfile_set(struct vmfile_section *section, const char *key, const void *value,
	       size_t size, unsigned line)
{
	struct vmfile_entry entry = {.key = strdup(key), .line = line};
	bool found;
	size_t i = place(section, key, &found);

	if (!entry.key || vmtext_add(&entry.value, value, size) < 0 ||
	    (!found && !make_room(section, i))) {
		entry_free(&entry);
		return -ENOMEM;
	}
	if (found)
		entry_free(&section->entry[i]);
	section->entry[i] = entry;
	return 0;
}

void vmfile_unset(struct vmfile_section *section, const char *key)
{
	bool found;
	size_t i = place(section, key, &found);

	if (!found)
		return;
	entry_free(&section->entry[i]);
	section->n--;
	memmove(section->entry + i, section->entry + i + 1,
		(section->n - i) * sizeof(*section->entry));
}

static void section_free(struct vmfile_section *section)
{
	for (size_t i = 0; i < section->n; i++)
		entry_free(&section->entry[i]);
	free(section->entry);
	free(section->name);
	*section = (struct vmfile_section){0};
}

static void sections_free(struct vmfile_sections *sections)
{
	for (size_t i = 0; i < sections->n; i++)
		section_free(&sections->item[i]);
	free(sections->item);
	*sections = (struct vmfile_sections){0};
}

void vmfile_free(struct vmfile *vmfile)
{
	section_free(&vmfile->current);
	section_free(&vmfile->pending);
	sections_free(&vmfile->special);
	sections_free(&vmfile->snapshots);
	notes_free(&vmfile->dropped);
}

struct vmfile_section *vmfile_find(const struct vmfile_sections *sections,
				   const char *name)
{
	for (size_t i = 0; i < sections->n; i++)
		if (!strcmp(sections->item[i].name, name))
			return &sections->item[i];
	return NULL;
}

struct vmfile_section *vmfile_add(struct vmfile_sections *sections, const char *name)
{
	struct vmfile_section section = {.name = strdup(name)}, *grown;
	size_t i = 0;

	grown = realloc(sections->item, (sections->n + 1) * sizeof(*grown));
	if (grown)
		sections->item = grown;
	if (!grown || !section.name) {
		free(section.name);
		return NULL;
	}
	while (i < sections->n && strcmp(grown[i].name, name) < 0)
		i++;
	memmove(grown + i + 1, grown + i, (sections->n - i) * sizeof(*grown));
	grown[i] = section;
	sections->n++;
	return &grown[i];
}

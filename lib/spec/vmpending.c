/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmpending.h"

#include <errno.h>
#include <string.h>

#include "spec/vmoption.h"

void vmpending_names_free(struct vmfile_section *names)
{
	while (names->n)
		vmfile_unset(names, names->entry[0].key);
	free(names->entry);
	*names = (struct vmfile_section){0};
}

int vmpending_names(const struct vmfile_section *pending, struct vmfile_section *ret)
{
	const struct vmtext *list = vmfile_get(pending, "delete");
	struct vmfile_section names = {0};
	const char *rest, *word;
	size_t n;

	rest = vmfile_is_true(pending, "delete") ? list->data : "";
	while ((word = vmoption_word(&rest, &n))) {
		bool force = word[0] == '!';
		_cleanup_free_ char *name = strndup(word + force, n - force);

		if (!name || vmfile_set(&names, name, "!", force, 0) < 0) {
			vmpending_names_free(&names);
			return -ENOMEM;
		}
	}
	*ret = names;
	return 0;
}

static int store(struct vmfile_section *pending, const struct vmfile_section *names)
{
	struct vmtext text = {0};
	int r = 0;

	if (!names->n) {
		vmfile_unset(pending, "delete");
		return 0;
	}
	for (size_t i = 0; i < names->n && r == 0; i++) {
		const struct vmfile_entry *e = &names->entry[i];

		r = vmtext_add(&text, ",", i ? 1 : 0);
		if (r == 0)
			r = vmtext_add(&text, e->value.data, e->value.size);
		if (r == 0)
			r = vmtext_add(&text, e->key, strlen(e->key));
	}
	if (r == 0)
		r = vmfile_set(pending, "delete", text.data, text.size, 0);
	vmtext_free(&text);
	return r;
}

int vmpending_add(struct vmfile_section *pending, const char *name)
{
	_cleanup_(vmpending_names_free) struct vmfile_section names = {0};
	int r = vmpending_names(pending, &names);

	if (r == 0)
		r = vmfile_set(&names, name, "", 0, 0);
	return r < 0 ? r : store(pending, &names);
}

int vmpending_remove(struct vmfile_section *pending, const char *name)
{
	_cleanup_(vmpending_names_free) struct vmfile_section names = {0};
	int r = vmpending_names(pending, &names);

	if (r < 0 || !vmfile_get(&names, name))
		return r;
	vmfile_unset(&names, name);
	return store(pending, &names);
}

static bool same(const struct vmtext *a, const struct vmtext *b)
{
	return a && b && a->size == b->size && !memcmp(a->data, b->data, a->size);
}

int vmpending_cleanup(struct vmfile *vmfile)
{
	_cleanup_(vmpending_names_free) struct vmfile_section names = {0};
	struct vmfile_section *pending = &vmfile->pending;
	bool changes = false;
	int r;

	for (size_t i = 0; i < pending->n;) {
		const struct vmfile_entry *e = &pending->entry[i];

		if (strcmp(e->key, "delete") != 0 &&
		    same(&e->value, vmfile_get(&vmfile->current, e->key))) {
			vmfile_unset(pending, e->key);
			changes = true;
		} else {
			i++;
		}
	}
	r = vmpending_names(pending, &names);
	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n;) {
		if (vmfile_get(&vmfile->current, names.entry[i].key)) {
			i++;
		} else {
			vmfile_unset(&names, names.entry[i].key);
			changes = true;
		}
	}
	r = store(pending, &names);
	return r < 0 ? r : changes;
}

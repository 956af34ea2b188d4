/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "spec/storage.h"
#include "spec/vmoption.h"

const struct storage *storages_find(const struct storages *storages, const char *id)
{
	for (size_t i = 0; i < storages->n; i++)
		if (!strcmp(storages->item[i].id, id))
			return &storages->item[i];
	return NULL;
}

bool storage_is_usable(const struct storage *storage, const char *node)
{
	return storage->path[0] && !storage->disabled &&
	       (!storage->nodes[0] || vmoption_listed(storage->nodes, node));
}

/* "local" before others of its kind, then the order of the file. */
static const struct storage *first(const struct storages *storages, const char *node,
				   bool snippets, bool shared)
{
	const struct storage *found = NULL;

	for (size_t i = 0; i < storages->n; i++) {
		const struct storage *s = &storages->item[i];

		if (!storage_is_usable(s, node) || s->shared != shared ||
		    (snippets && !s->snippets))
			continue;
		if (!found || !strcmp(s->id, "local"))
			found = s;
	}
	return found;
}

/* The command that gives @storage snippets, its present content kept. */
static int no_snippets(const struct storage *storage, struct err *err)
{
	return err_at(
		err, ENOENT, STORAGE_FILE, 0,
		"storage %s has no snippets, where Proxmox looks for hookscripts; to "
		"enable them: pvesm set %s --content %s%ssnippets",
		storage->id, storage->id, storage->content,
		storage->content[0] ? "," : "");
}

static int pick_named(const struct storages *storages, const char *id, const char *node,
		      const struct storage **ret, struct err *err)
{
	const struct storage *s = storages_find(storages, id);

	if (!s)
		return err_at(err, ENOENT, STORAGE_FILE, 0,
			      "there is no storage '%.63s'; pvesm status lists them", id);
	if (!storage_is_usable(s, node))
		return err_at(err, ENOENT, STORAGE_FILE, 0,
			      "storage %s cannot be used for hookscripts: %s", id,
			      !s->path[0]   ? "its type has no files"
			      : s->disabled ? "it is disabled"
					    : "it is not for this node");
	if (!s->snippets)
		return no_snippets(s, err);
	*ret = s;
	return 0;
}

int storages_pick(const struct storages *storages, const char *id, const char *node,
		  const struct storage **ret, struct err *err)
{
	const struct storage *found;

	if (id)
		return pick_named(storages, id, node, ret, err);
	found = first(storages, node, true, false);
	if (!found)
		found = first(storages, node, true, true);
	if (found) {
		*ret = found;
		return 0;
	}
	found = first(storages, node, false, false);
	if (!found)
		found = first(storages, node, false, true);
	if (found)
		return no_snippets(found, err);
	return err_at(err, ENOENT, STORAGE_FILE, 0,
		      "no storage of this node can hold a hookscript: all with files are "
		      "disabled (pvesm set local --disable 0)");
}

const char *storage_folder(const struct storage *storage, char buf[static STORAGE_PATH])
{
	(void)snprintf(buf, STORAGE_PATH, "%s/%s", storage->path, storage->folder);
	return buf;
}

int storage_resolve(const struct storages *storages, const char *hook,
		    char ret[static STORAGE_PATH], struct err *err)
{
	const struct storage *storage;
	struct volume volume;

	if (volume_parse(hook, &volume) < 0) {
		(void)snprintf(ret, STORAGE_PATH, "%s", hook);
		return 0;
	}
	storage = storages_find(storages, volume.storage);
	if (!storage)
		return err_set(err, ENOENT,
			       "storage '%s' does not exist (pvesm status lists "
			       "them)",
			       volume.storage);
	if (!storage->path[0])
		return err_set(err, EINVAL, "storage '%s' has no files", volume.storage);
	(void)snprintf(ret, STORAGE_PATH, "%s/%s/%s", storage->path, storage->folder,
		       volume.name);
	return 0;
}

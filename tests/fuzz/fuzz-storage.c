/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/storage.h"
#include "target.h"

static void check(const struct storages *all, const struct storage *s)
{
	char id[sizeof(s->id) + 16], path[STORAGE_PATH], folder[STORAGE_PATH];
	struct err err = {0};

	HOLDS(storages_find(all, s->id) == s); /* no name is there twice */
	HOLDS(!s->path[0] || s->path[0] == '/');
	HOLDS(!s->snippets || s->content[0]);
	HOLDS(!strstr(s->folder, ".."));
	(void)snprintf(id, sizeof(id), "%s:snippets/x", s->id);
	if (storage_resolve(all, id, path, &err) < 0) {
		HOLDS(err.msg[0] && !s->path[0]);
		return;
	}
	(void)storage_folder(s, folder);
	HOLDS(!strncmp(path, folder, strlen(folder)));
	HOLDS(!strcmp(path + strlen(folder), "/x"));
}

static void check_pick(const struct storages *all, const char *id)
{
	const struct storage *found;
	struct err err = {0};

	if (storages_pick(all, id, "pve1", &found, &err) < 0) {
		HOLDS(err.code && err.msg[0]);
		return;
	}
	HOLDS(found->snippets && storage_is_usable(found, "pve1"));
	HOLDS(!id || !strcmp(found->id, id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct storages all;
	struct volume volume;
	struct err err = {0};

	(void)!volume_parse(text, &volume);
	if (storages_parse(text, size, "x.cfg", &all, &err) < 0) {
		HOLDS(err.code && err.msg[0] && err.file[0]);
		free(text);
		return 0;
	}
	HOLDS(storages_find(&all, "local"));
	check_pick(&all, NULL);
	for (size_t i = 0; i < all.n; i++) {
		check(&all, &all.item[i]);
		check_pick(&all, all.item[i].id);
	}
	storages_free(&all);
	free(text);
	return 0;
}

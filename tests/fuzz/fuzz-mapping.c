/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/key.h"
#include "spec/mapping.h"
#include "target.h"

static void check_map(const struct mapping_map *map, unsigned lines)
{
	HOLDS(map->line > 0 && map->line <= lines);
	HOLDS(map->text && map->node && map->node[0] && map->path && map->id);
	HOLDS(map->paths.n > 0 && map->paths.n <= LIMIT_ADDRESSES);
	for (unsigned i = 0; i < map->paths.n; i++)
		HOLDS(strlen(map->paths.item[i].text) < sizeof(map->paths.item[i].text));
}

static void check_all(const struct mappings *mappings, unsigned lines)
{
	for (size_t i = 0; i < mappings->n; i++) {
		const struct mapping *m = &mappings->item[i];

		HOLDS(key_table[KEY_MAPPING].valid(m->name));
		HOLDS(mappings_find(mappings, m->name) == m); /* no name is there twice */
		HOLDS(m->line > 0 && m->line <= lines);
		HOLDS(m->rejected == (m->maps == 0));
		/* Whoever drops something says so. */
		HOLDS(!m->damaged || mappings->notes.n);
		for (size_t k = 0; k < m->maps; k++)
			check_map(&m->map[k], lines);
	}
	for (size_t i = 0; i < mappings->notes.n; i++)
		HOLDS(!strncmp(mappings->notes.text[i], "x.cfg:", 6));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct mappings mappings;
	struct err err = {0};
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (mappings_parse(text, size, "x.cfg", &mappings, &err) < 0) {
		HOLDS(err.code && err.msg[0] && err.file[0]);
	} else {
		check_all(&mappings, lines);
		mappings_free(&mappings);
	}
	free(text);
	return 0;
}

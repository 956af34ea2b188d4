/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/mapping-note.h"

#include <string.h>

#include "base/node.h"
#include "host/mapping-check.h"
#include "host/sysfs.h"

/* One of its functions, and there. */
static bool names_one(const struct root *root, const struct mapping_map *map,
		      const struct pf *pf)
{
	struct bdf bdf;

	for (unsigned i = 0; i < map->paths.n; i++)
		if (!map->paths.item[i].whole_slot &&
		    bdf_parse(map->paths.item[i].text, &bdf) == 0 &&
		    pf_vf_index(pf, &bdf) >= 0 &&
		    sysfs_exists(root, DEVICE_ATTR(&bdf, "")))
			return true;
	return false;
}

static bool names_any(const struct root *root, const struct mapping_map *map,
		      const struct pfs *pfs)
{
	for (unsigned i = 0; i < pfs->n; i++)
		if (pfs->item[i].needed && names_one(root, map, &pfs->item[i]))
			return true;
	return false;
}

static void check(const struct root *root, const struct mappings *mappings,
		  const struct mapping *mapping, const struct mapping_map *map,
		  struct notes *notes)
{
	struct err err;

	if (mapping_check(root, mapping, map, NULL, &err) < 0)
		notes_add(
			notes,
			"%s:%u: mapping %s: %s: a machine that names it does not start; "
			"correct it there or in the GUI (Datacenter, Resource Mappings)",
			mappings->file, map->line, mapping->name, err.msg);
}

void mapping_note(const struct root *root, const char *node, const struct pfs *pfs,
		  struct notes *notes)
{
	struct mappings mappings;
	char here[NODE_NAME];
	struct err err;

	/* A file that cannot be used is told to who uses it. */
	if (mappings_load(root, &mappings, &err) < 0)
		return;
	if (node)
		(void)snprintf(here, sizeof(here), "%s", node);
	else
		(void)node_name(root, here);
	for (size_t i = 0; i < mappings.n; i++) {
		const struct mapping *m = &mappings.item[i];

		for (size_t k = 0; k < m->maps; k++)
			if (!strcmp(m->map[k].node, here) &&
			    names_any(root, &m->map[k], pfs))
				check(root, &mappings, m, &m->map[k], notes);
	}
	mappings_free(&mappings);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "host/choose.h"
#include "host/mapping-check.h"

struct view {
	const struct context *context;
	const struct mappings *mappings;
	char node[NODE_NAME];
	bool check;
	unsigned maps; /* of this node */
	unsigned bad;
};

static struct json_object *text_json(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	if (text)
		json_object_object_add(o, key, json_object_new_string(text));
}

static struct json_object *section_json(const struct mapping *m)
{
	struct json_object *o = json_object_new_object(), *maps = json_object_new_array();

	add_text(o, "type", "pci");
	add_text(o, "description", m->description);
	if (m->has_mdev)
		add_text(o, "mdev", m->mdev ? "1" : "0");
	if (m->has_migration)
		add_text(o, "live-migration-capable", m->migration ? "1" : "0");
	for (size_t i = 0; i < m->maps; i++)
		json_object_array_add(maps, json_object_new_string(m->map[i].text));
	json_object_object_add(o, "map", maps);
	return o;
}

static struct json_object *map_json(const struct mapping_map *map)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "node", map->node);
	add_text(o, "path", map->path);
	add_text(o, "id", map->id);
	add_text(o, "subsystem-id", map->subsystem);
	add_text(o, "iommugroup", map->iommugroup);
	add_text(o, "description", map->description);
	return o;
}

static bool is_here(const struct view *v, const struct mapping_map *map)
{
	return !strcmp(map->node, v->node);
}

/* The maps of the node of @m's map @first, if no earlier map is of that node. */
static void add_node(struct view *v, const struct mapping *m, size_t first,
		     struct json_object *nodes)
{
	const char *node = m->map[first].node;
	struct json_object *o, *devices, *valid;
	struct err err;

	for (size_t i = 0; i < first; i++)
		if (!strcmp(m->map[i].node, node))
			return;
	o = json_object_new_object();
	devices = json_object_new_array();
	valid = json_object_new_array();
	for (size_t i = first; i < m->maps; i++) {
		if (strcmp(m->map[i].node, node) != 0)
			continue;
		json_object_array_add(devices, map_json(&m->map[i]));
		if (!v->check || !is_here(v, &m->map[i]))
			continue;
		v->maps++;
		err.msg[0] = '\0';
		if (mapping_check(&v->context->root, m, &m->map[i], NULL, &err) < 0)
			v->bad++;
		json_object_array_add(valid, text_json(err.msg[0] ? err.msg : NULL));
	}
	json_object_object_add(o, "devices", devices);
	if (v->check && !strcmp(node, v->node))
		json_object_object_add(o, "valid", valid);
	else
		json_object_put(valid);
	json_object_object_add(nodes, node, o);
}

/* What a machine gets that names @m: its ways on this node, in the order of trial. */
static struct json_object *resolve_json(const struct view *v, const struct mapping *m)
{
	struct json_object *o = json_object_new_object(), *ids = json_object_new_array();
	struct ways ways = {0};
	struct err err;
	int r = choose_ways(&v->context->root, v->mappings, v->node, m->name, NULL, &ways,
			    &err);

	json_object_object_add(o, "ok", json_object_new_boolean(r == 0));
	for (unsigned i = 0; r == 0 && i < ways.n; i++) {
		struct json_object *list = json_object_new_array();

		for (unsigned f = 0; f < ways.way[i].n; f++)
			json_object_array_add(
				list, json_object_new_string(BDF(&ways.way[i].bdf[f])));
		json_object_array_add(ids, list);
	}
	if (r == 0) {
		json_object_object_add(o, "ids", ids);
	} else {
		json_object_put(ids);
		add_text(o, "error", err.msg);
	}
	ways_free(&ways);
	return o;
}

static struct json_object *view_json(struct view *v)
{
	struct json_object *o = json_object_new_object(), *ids = json_object_new_object(),
			   *order = json_object_new_array(),
			   *nodes = json_object_new_object(),
			   *resolve = json_object_new_object(),
			   *warnings = json_object_new_array();

	for (size_t i = 0; i < v->mappings->n; i++) {
		const struct mapping *m = &v->mappings->item[i];
		struct json_object *of = json_object_new_object();

		json_object_array_add(order, json_object_new_string(m->name));
		json_object_object_add(ids, m->name,
				       m->rejected ? NULL : section_json(m));
		for (size_t k = 0; k < m->maps; k++)
			add_node(v, m, k, of);
		json_object_object_add(nodes, m->name, of);
		if (v->check)
			json_object_object_add(resolve, m->name, resolve_json(v, m));
	}
	for (size_t i = 0; i < v->mappings->notes.n; i++)
		json_object_array_add(warnings,
				      json_object_new_string(v->mappings->notes.text[i]));
	if (v->check)
		json_object_object_add(
			o, "ok",
			json_object_new_boolean(!v->bad && !v->mappings->notes.n));
	add_text(o, "file", v->mappings->file);
	add_text(o, "node", v->node);
	json_object_object_add(o, "order", order);
	json_object_object_add(o, "ids", ids);
	json_object_object_add(o, "nodes", nodes);
	if (v->check)
		json_object_object_add(o, "resolve", resolve);
	else
		json_object_put(resolve);
	json_object_object_add(o, "warnings", warnings);
	return o;
}

static void list_text(const struct view *v)
{
	for (size_t i = 0; i < v->mappings->n; i++) {
		const struct mapping *m = &v->mappings->item[i];

		(void)printf("%s%s%s%s%s\n", m->name, m->mdev ? " (mdev)" : "",
			     m->migration ? " (live-migration-capable)" : "",
			     m->description ? ": " : "",
			     m->description ? m->description : "");
		for (size_t k = 0; k < m->maps; k++)
			(void)printf("  %-15s %s %s%s%s\n", m->map[k].node,
				     m->map[k].path, m->map[k].id,
				     m->map[k].description ? " " : "",
				     m->map[k].description ? m->map[k].description : "");
	}
}

static void check_one(struct view *v, const struct mapping *m)
{
	bool quiet = v->context->value[OPTION_QUIET];
	unsigned before = v->maps;
	struct err err;

	for (size_t k = 0; k < m->maps; k++) {
		const struct mapping_map *map = &m->map[k];

		if (!is_here(v, map))
			continue;
		v->maps++;
		if (mapping_check(&v->context->root, m, map, NULL, &err) == 0) {
			if (!quiet)
				(void)printf("%s: %s: ok\n", m->name, map->path);
			continue;
		}
		v->bad++;
		(void)printf("%s:%u: mapping %s: %s\n", v->mappings->file, map->line,
			     m->name, err.msg);
	}
	/* In a cluster that is nothing wrong. */
	if (v->maps == before && !m->rejected && !quiet)
		(void)printf("%s: no 'map' line for node %s: a VM that uses it does not "
			     "start there\n",
			     m->name, v->node);
}

static void check_text(struct view *v)
{
	for (size_t i = 0; i < v->mappings->n; i++)
		check_one(v, &v->mappings->item[i]);
	for (size_t i = 0; i < v->mappings->notes.n; i++)
		(void)printf("%s\n", v->mappings->notes.text[i]);
	if (v->bad)
		(void)printf("%u of %u maps of node %s do not fit this host: a VM that "
			     "uses such a mapping does not start. If the hardware has "
			     "changed, correct them in %s or in the GUI (Datacenter, "
			     "Resource Mappings).\n",
			     v->bad, v->maps, v->node, v->mappings->file);
}

static int show(struct view *v)
{
	if (v->context->format != FORMAT_TEXT)
		json_print(v->context, view_json(v));
	else if (!v->mappings->n && !v->mappings->notes.n)
		(void)printf("%s", v->context->value[OPTION_QUIET]
					   ? ""
					   : "the cluster has no mapping\n");
	else if (v->check)
		check_text(v);
	else
		list_text(v);
	return v->bad || (v->check && v->mappings->notes.n) ? EXIT_CODE_REFUSED
							    : EXIT_CODE_DONE;
}

static int run(struct context *context)
{
	struct view view = {.context = context};
	struct mappings mappings;
	const char *verb = context->argument[0];
	char text[sizeof(struct err)];
	struct err err;
	int code;

	view.check = !strcmp(verb, "check");
	if (!view.check && strcmp(verb, "list") != 0)
		return usage_error(context->command, "'%s' is neither list nor check",
				   verb);
	if (mappings_load(&context->root, &mappings, &err) < 0) {
		(void)fprintf(stderr, "hostpci: %s\n",
			      err_text(&err, text, sizeof(text)));
		return EXIT_CODE_CONFIG;
	}
	if (context->value[OPTION_NODE])
		(void)snprintf(view.node, sizeof(view.node), "%s",
			       context->value[OPTION_NODE]);
	else
		(void)node_name(&context->root, view.node);
	view.mappings = &mappings;
	code = show(&view);
	mappings_free(&mappings);
	return code;
}

const struct command command_mapping = {
	.name = "mapping",
	.arguments = "list|check",
	.summary = "show the cluster's device mappings, or check them against this host",
	.help = "check compares the maps of this node, or of --node NAME, with the "
		"hardware of this\n"
		"host: address, id, subsystem-id, IOMMU group and mdev, and names every "
		"line of the\n"
		"file that Proxmox drops.\n"
		"Exit code: 0 all is well, 1 something does not fit or is dropped, 78 "
		"the "
		"file cannot be\n"
		"used.\n",
	.min = 1,
	.max = 1,
	.run = run,
};

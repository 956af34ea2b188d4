/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fileio.h"
#include "base/name.h"
#include "cli/attach.h"
#include "spec/installed.h"

/* Another node of the cluster. */
struct node {
	char name[NODE_NAME];
	struct installed installed;
	bool known;		      /* it has said that it has hostpci */
	bool stub;		      /* the hookscript is there */
	struct json_object *machines; /* owned: VMIDs that can run there */
};

struct nodes {
	struct node *item; /* owned */
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void look(const struct attach *attach, struct node *node)
{
	const struct storage *s = attach->storage;
	char folder[STORAGE_PATH], path[STORAGE_PATH + 16];

	(void)snprintf(path, sizeof(path), "%s/%s", storage_folder(s, folder), STUB_NAME);
	node->known =
		installed_read(&attach->context->root, node->name, &node->installed) == 0;
	node->stub = storage_is_usable(s, node->name) &&
		     (s->shared || (node->known && !strcmp(node->installed.stub, path)));
	node->machines = json_object_new_array();
}

static void find_nodes(const struct attach *attach, struct nodes *ret)
{
	int fd = root_openat(&attach->context->root, "/etc/pve/nodes",
			     O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*ret = (struct nodes){0};
	for (struct dirent *e; dir && (e = readdir(dir));) {
		struct node *grown;

		if (e->d_name[0] == '.' || !name_valid(e->d_name) ||
		    !strcmp(e->d_name, attach->node))
			continue;
		grown = realloc(ret->item, (ret->n + 1) * sizeof(*grown));
		if (!grown)
			break;
		ret->item = grown;
		grown[ret->n] = (struct node){0};
		(void)snprintf(grown[ret->n].name, NODE_NAME, "%s", e->d_name);
		look(attach, &grown[ret->n++]);
	}
	if (dir)
		closedir(dir);
	if (ret->n)
		qsort(ret->item, ret->n, sizeof(*ret->item), compare);
}

/* Which of the nodes machine @vmid can run on. */
static void find_machine(const struct attach *attach, struct nodes *nodes, uint32_t vmid)
{
	_cleanup_(spec_free) struct spec spec = {0};
	struct err err;

	if (spec_load(&attach->context->root, NULL, vmid, &spec, &err) < 0)
		return;
	for (size_t i = 0; i < nodes->n; i++)
		if (spec_can_run_on(&spec, nodes->item[i].name))
			json_object_array_add(nodes->item[i].machines,
					      json_object_new_int64(vmid));
}

static const char *need(const struct attach *attach, const struct node *node)
{
	if (!storage_is_usable(attach->storage, node->name))
		return ", which would not start: its storage is not for that node; use "
		       "another one (--storage)";
	if (node->known && node->stub)
		return "";
	if (node->stub)
		return ", which would start without it: install the package there, then "
		       "hostpci attach --all";
	return node->known ? ", which would not start: there, run hostpci attach --all"
			   : ", which would not start: install the package there, then "
			     "hostpci attach --all";
}

static void say(const struct attach *attach, const struct node *node)
{
	size_t n = json_object_array_length(node->machines);

	attach_say(attach, "node %s: %s%s", node->name,
		   node->known ? "has hostpci " : "is not known to have hostpci",
		   node->known ? node->installed.version : "");
	for (size_t i = 0; i < n; i++)
		attach_say(attach, "%s%d",
			   i	    ? ", "
			   : n == 1 ? "; there can run VM "
				    : "; there can run VMs ",
			   json_object_get_int(
				   json_object_array_get_idx(node->machines, i)));
	attach_say(attach, "%s\n",
		   n ? need(attach, node) : "; none of these VMs can run there");
}

static struct json_object *node_json(const struct node *node)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "node", json_object_new_string(node->name));
	if (node->known)
		json_object_object_add(o, "version",
				       json_object_new_string(node->installed.version));
	json_object_object_add(o, "known", json_object_new_boolean(node->known));
	json_object_object_add(o, "stub", json_object_new_boolean(node->stub));
	json_object_object_add(o, "can_run", json_object_get(node->machines));
	return o;
}

void attach_nodes(struct attach *attach, struct json_object *result)
{
	struct json_object *all = json_object_new_array();
	struct nodes nodes;

	find_nodes(attach, &nodes);
	for (size_t i = 0; nodes.n && i < attach->n; i++)
		find_machine(attach, &nodes, attach->vmid[i]);
	for (size_t i = 0; i < nodes.n; i++) {
		say(attach, &nodes.item[i]);
		json_object_array_add(all, node_json(&nodes.item[i]));
		json_object_put(nodes.item[i].machines);
	}
	free(nodes.item);
	json_object_object_add(result, "nodes", all);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/spec.h"

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/node.h"
#include "spec/policy.h"
#include "spec/slot-check.h"
#include "spec/vmconf.h"

enum { POLICY_PATH = 128 };
#define CLUSTER "/etc/pve/hostpci"

static int read_policy(const struct root *root, const char *folder, uint32_t vmid,
		       char path[static POLICY_PATH], char **ret, size_t *ret_size,
		       struct err *err)
{
	(void)snprintf(path, POLICY_PATH, "%s/vm/%u.conf", folder, vmid);
	return file_read_trusted(root, path, LIMIT_CONFIG, ret, ret_size, err);
}

static int load_policy(const struct root *root, const char *folder, struct spec *spec,
		       struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[POLICY_PATH];
	size_t size;
	int r = read_policy(root, folder, spec->vmid, path, &text, &size, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	spec->have_policy = true;
	return policy_parse(text, size, path, spec, err);
}

static int load_host_policy(const struct root *root, const char *folder, const char *node,
			    struct spec *spec, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[128];
	size_t size;
	int r;

	(void)snprintf(path, sizeof(path), "%s/hostpci.conf", folder);
	r = file_read_trusted(root, path, LIMIT_CONFIG, &text, &size, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return policy_parse_host(root, text, size, path, node, spec, err);
}

static int load_host_policies(const struct root *root, const char *cluster,
			      const char *node, struct spec *spec, struct err *err)
{
	char name[NODE_NAME];
	int r;

	if (!node)
		node = node_name(root, name);
	r = load_host_policy(root, cluster, node, spec, err);
	return r < 0 ? r : load_host_policy(root, "/etc/hostpci", node, spec, err);
}

/* Who may write to /etc/pve is pmxcfs' to say; its files are root:www-data 0640. */
static int load_config(const struct root *root, const char *node, char **ret_text,
		       size_t *ret_size, struct spec *spec, struct err *err)
{
	int r;

	if (node)
		(void)snprintf(spec->config, sizeof(spec->config),
			       "/etc/pve/nodes/%s/qemu-server/%u.conf", node, spec->vmid);
	else
		(void)snprintf(spec->config, sizeof(spec->config),
			       "/etc/pve/qemu-server/%u.conf", spec->vmid);
	r = file_read(root, spec->config, LIMIT_CONFIG, ret_text, ret_size);
	if (r < 0 && r != -ENOENT)
		return file_error(err, spec->config, -r);
	if (r == -ENOENT) {
		(void)snprintf(spec->config, sizeof(spec->config),
			       "/etc/hostpci/qemu-server/%u.conf", spec->vmid);
		r = file_read_trusted(root, spec->config, LIMIT_CONFIG, ret_text,
				      ret_size, err);
	}
	spec->have_config = r == 0;
	return r == -ENOENT ? 0 : r;
}

/* What the machine's mappings stand for; where Proxmox drops a part of one, its warnings.
 */
static int load_mappings(const struct root *root, const char *node, struct spec *spec,
			 struct err *err)
{
	struct notes *notes = &spec->mappings.notes;
	const struct mapping *mapping;
	bool uses = false, damaged = false;
	int r;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		uses |= spec->slot[i].present &&
			wish_has(&spec->slot[i].wish, KEY_MAPPING);
	if (!uses)
		return 0;
	if (node)
		(void)snprintf(spec->node, sizeof(spec->node), "%s", node);
	else
		(void)node_name(root, spec->node);
	r = mappings_load(root, &spec->mappings, err);
	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++) {
		if (!wish_has(&spec->slot[i].wish, KEY_MAPPING))
			continue;
		mapping = mappings_find(&spec->mappings, spec->slot[i].wish.mapping);
		damaged |= mapping && mapping->damaged;
	}
	for (size_t i = 0; r == 0 && damaged && i < notes->n; i++)
		notes_add(&spec->notes, "%s", notes->text[i]);
	return r;
}

/* mdev= may name one of mdevctl's devices. */
static int load_definition(const struct root *root, struct slot *slot, unsigned n,
			   struct err *err)
{
	struct uuid uuid;
	int r;

	if (!wish_has(&slot->wish, KEY_MDEV) || slot_is_proxmox(slot) ||
	    uuid_parse(slot->wish.mdev, &uuid) < 0)
		return 0;
	r = mdevctl_load(root, &uuid, &slot->definition, err);
	if (r < 0 && err->file[0])
		return err_wrap(err, "hostpci%u", n);
	return r < 0 ? err_wrap(err, "%s: hostpci%u", SLOT_PLACE(slot), n) : 0;
}

/* A machine has a device once. */
static int check_definitions(const struct spec *spec, struct err *err)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		for (unsigned k = 0; spec->slot[i].definition && k < i; k++)
			if (spec->slot[k].definition &&
			    uuid_equal(&spec->slot[k].definition->uuid,
				       &spec->slot[i].definition->uuid))
				return err_at(err, EINVAL, spec->slot[i].file,
					      spec->slot[i].line,
					      "hostpci%u: mediated device %s is "
					      "hostpci%u (%s) already: remove one",
					      i, spec->slot[i].definition->uuid.text, k,
					      SLOT_PLACE(&spec->slot[k]));
	return 0;
}

/* Of a machine that only a policy declares nobody says otherwise what QEMU will make. */
static void assume_machine(struct spec *spec)
{
	for (unsigned i = 0; !spec->have_config && i < LIMIT_SLOTS; i++)
		if (wish_has(&spec->slot[i].wish, KEY_PCIE) && spec->slot[i].wish.pcie)
			(void)strcpy(spec->machine.type, "q35");
}

int spec_load(const struct root *root, const char *node, uint32_t vmid, struct spec *spec,
	      struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r;

	spec->vmid = vmid;
	r = load_config(root, node, &text, &size, spec, err);
	if (r == 0 && spec->have_config)
		r = vmconf_parse(text, size, spec->config, spec, err);
	if (r == 0)
		r = load_policy(root, "/etc/pve/hostpci", spec, err);
	if (r == 0)
		r = load_policy(root, "/etc/hostpci", spec, err);
	if (r == 0)
		r = slots_check(spec, err);
	assume_machine(spec);
	if (r == 0 &&
	    (spec_has_devices(spec) || spec->have_policy || spec->rejected.code))
		r = load_host_policies(root, CLUSTER, node, spec, err);
	if (r == 0)
		r = load_mappings(root, node, spec, err);
	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++)
		if (spec->slot[i].present)
			r = load_definition(root, &spec->slot[i], i, err);
	if (r == 0)
		r = check_definitions(spec, err);
	if (r == 0 && spec->rejected.code && spec_strict(spec)) {
		*err = spec->rejected;
		r = -spec->rejected.code;
	}
	return r;
}

int spec_load_host(const struct root *root, const char *node, struct spec *ret,
		   struct err *err)
{
	return spec_load_host_at(root, CLUSTER, node, ret, err);
}

int spec_load_host_at(const struct root *root, const char *cluster, const char *node,
		      struct spec *ret, struct err *err)
{
	*ret = (struct spec){0};
	return load_host_policies(root, cluster, node, ret, err);
}

void spec_free(struct spec *spec)
{
	notes_free(&spec->notes);
	mappings_free(&spec->mappings);
	quirks_free(&spec->quirks);
	sriov_free(&spec->sriov);
	declared_free(&spec->drivers);
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		free(spec->slot[i].definition);
}

int spec_load_quirks(const struct root *root, struct spec *spec, struct err *err)
{
	return spec_has_devices(spec) ? quirks_load(root, &spec->quirks, err) : 0;
}

/* Not inlined: a whole spec is on its stack, which most machines never need. */
static int __attribute__((noinline))
parse_hooks(const char *text, size_t size, const char *path, uint32_t vmid,
	    struct text_list *ret, struct err *err)
{
	_cleanup_(spec_free) struct spec spec = {.vmid = vmid};
	int r = policy_parse(text, size, path, &spec, err);

	if (r == 0 && wish_has(&spec.vm, KEY_HOOKS))
		*ret = spec.vm.hooks;
	return r;
}

int spec_load_hooks(const struct root *root, uint32_t vmid, struct text_list *ret,
		    struct err *err)
{
	static const char *const folders[] = {"/etc/pve/hostpci", "/etc/hostpci"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *text = NULL;
		char path[POLICY_PATH];
		size_t size;

		r = read_policy(root, folders[i], vmid, path, &text, &size, err);
		if (r == 0)
			r = parse_hooks(text, size, path, vmid, ret, err);
		else if (r == -ENOENT)
			r = 0;
	}
	return r;
}

const char *slot_place(const struct slot *slot, char buf[static SLOT_PLACE_TEXT])
{
	(void)snprintf(buf, SLOT_PLACE_TEXT, "%s:%u", slot->file, slot->line);
	return buf;
}

static bool is_proxmox(const char *path)
{
	static const char ours[] = "/etc/pve/hostpci/";

	return !strncmp(path, "/etc/pve/", strlen("/etc/pve/")) &&
	       strncmp(path, ours, strlen(ours)) != 0;
}

bool slot_is_proxmox(const struct slot *slot)
{
	return is_proxmox(slot->file);
}

bool spec_is_proxmox(const struct spec *spec)
{
	return spec->have_config && is_proxmox(spec->config);
}

bool spec_has_devices(const struct spec *spec)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		if (spec->slot[i].present)
			return true;
	return false;
}

static bool has_node(const struct mapping *mapping, const char *node)
{
	for (size_t i = 0; mapping && i < mapping->maps; i++)
		if (!strcmp(mapping->map[i].node, node))
			return true;
	return false;
}

bool spec_can_run_on(const struct spec *spec, const char *node)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct wish *wish = &spec->slot[i].wish;

		if (spec->slot[i].present &&
		    !(wish_has(wish, KEY_MAPPING) &&
		      has_node(mappings_find(&spec->mappings, wish->mapping), node)))
			return false;
	}
	return true;
}

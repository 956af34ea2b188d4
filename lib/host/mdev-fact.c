/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mdev-fact.h"

#include <errno.h>
#include <string.h>

#include "host/facts.h"
#include "host/look.h"
#include "host/mdev-user.h"

struct uuid mdev_fact_uuid(const struct spec *spec, unsigned slot)
{
	struct uuid uuid;

	if (spec->slot[slot].definition)
		return spec->slot[slot].definition->uuid;
	(void)snprintf(uuid.text, sizeof(uuid.text), "%08u-0000-0000-0000-%012u", slot,
		       spec->vmid);
	return uuid;
}

/* Proxmox makes those that it knows all about, and warns of one that is there already. */
static bool is_ours(const struct spec *spec, unsigned slot)
{
	return !slot_is_proxmox(&spec->slot[slot]) || spec_mdev_attributes(spec, slot);
}

void mdev_fact_resolve(const struct root *root, const struct spec *spec, unsigned slot,
		       struct facts *facts)
{
	const struct mdev_definition *definition = spec->slot[slot].definition;
	const struct pick *pick = &facts->pick[slot];
	struct mdev_fact *fact = &facts->mdev[slot];
	struct device device;

	if (pick->kind != PICK_MDEV || !scope_has(spec->scope, SCOPE_MDEV))
		return;
	fact->wanted = is_ours(spec, slot);
	fact->left = !fact->wanted;
	fact->vgpu = pick->by_number;
	fact->uuid = mdev_fact_uuid(spec, slot);
	(void)snprintf(fact->type, sizeof(fact->type), "%s",
		       definition ? definition->type : spec->slot[slot].wish.mdev);
	for (unsigned i = 0; i < pick->n && fact->n < LIMIT_PARENTS; i++) {
		struct mdev_parent *parent = &fact->parent[fact->n++];

		parent->bdf = pick->bdf[i];
		(void)bdf_format(&parent->bdf, parent->name);
		if (definition && bdf_is_none(&parent->bdf))
			(void)snprintf(parent->name, sizeof(parent->name), "%s",
				       definition->parent);
		parent->group =
			device_read(root, &parent->bdf, &device) == 0 ? device.group : -1;
	}
}

bool mdev_fact_fits(const struct mdev_fact *fact)
{
	for (unsigned i = 0; fact->seen.there && !fact->who[0] && i < fact->n; i++)
		if (!strcmp(fact->parent[i].type, fact->seen.type) &&
		    !strcmp(fact->parent[i].name, fact->seen.parent))
			return true;
	return false;
}

const char *mdev_fact_parent(const struct mdev_fact *fact)
{
	if (fact->seen.there && fact->seen.parent[0])
		return fact->seen.parent;
	for (unsigned i = 0; i < fact->n; i++)
		if (fact->parent[i].type[0] && fact->parent[i].available != 0)
			return fact->parent[i].name;
	return fact->parent[0].name;
}

struct finder {
	const struct root *root;
	struct child *looker;
	struct mdev_parent *parent;
	const char *wish;
};

/* Its human name; a type that cannot be read, or goes meanwhile, is none. */
static int compare_name(void *context, const char *id)
{
	struct finder *f = context;
	struct mdev_type type;
	int r = mdev_type_read(f->root, f->looker, f->parent->name, id, &type);

	if (r == -ETIMEDOUT)
		return r;
	f->parent->offers = true;
	if (r < 0 || strcmp(type.name, f->wish) != 0)
		return 0;
	f->parent->by_name = true;
	f->parent->available = type.available;
	(void)snprintf(f->parent->type, sizeof(f->parent->type), "%s", id);
	return 1;
}

/* A function with vGPU types instead: the number of the one that has this name. */
static int look_for_vgpu(struct finder *f)
{
	struct child_request request;
	struct child_reply reply;
	struct vgpu vgpu;
	int r;

	look_request(&request, LOOK_VGPU, "/sys/%s", DEVICE_ATTR(&f->parent->bdf, ""));
	(void)snprintf(request.value, sizeof(request.value), "%s", f->wish);
	r = child_call(f->looker, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r == 0 && vgpu_read(reply.value, &vgpu) && vgpu.id)
		(void)snprintf(f->parent->type, sizeof(f->parent->type), "nvidia-%u",
			       vgpu.id);
	return r;
}

static int look_at_parent(struct finder *f, bool vgpu)
{
	struct mdev_type type;
	int r;

	if (vgpu)
		return look_for_vgpu(f);
	r = mdev_type_read(f->root, f->looker, f->parent->name, f->wish, &type);

	if (r == -ENOENT) {
		r = mdev_type_each(f->root, f->parent->name, compare_name, f);
		return r < 0 && r != -ENOENT ? r : 0;
	}
	if (r < 0)
		return r;
	f->parent->offers = true;
	f->parent->available = type.available;
	(void)snprintf(f->parent->type, sizeof(f->parent->type), "%s", type.id);
	return 0;
}

static int look_at_users(const struct root *root, struct child *looker,
			 struct mdev_fact *fact)
{
	struct mdev_user user;
	int r;

	if (!fact->seen.there || fact->seen.going)
		return 0;
	r = mdev_user_find(root, looker, &fact->uuid, &user);
	(void)snprintf(fact->who, sizeof(fact->who), "%s", user.who);
	return r;
}

int mdev_fact_look(const struct root *root, struct child *looker, struct mdev_fact *fact,
		   struct err *err)
{
	struct finder f = {root, looker, NULL, fact->type};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < fact->n; i++) {
		f.parent = &fact->parent[i];
		r = look_at_parent(&f, fact->vgpu);
		if (r < 0)
			return err_set(err, -r, "%s: its types of mediated devices: %s",
				       f.parent->name, strerror(-r));
		if (!fact->seen.there)
			mdev_read(root, f.parent->name, fact->uuid.text, &fact->seen);
	}
	r = look_at_users(root, looker, fact);
	return r < 0 ? err_set(err, -r, "mediated device %s: %s", fact->uuid.text,
			       strerror(-r))
		     : 0;
}

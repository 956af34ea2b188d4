/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/chooser.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "host/device.h"
#include "host/mapping-check.h"
#include "host/sysfs.h"

/* A name as sysfs has it, or nothing: 00000000:01:00.0 is well formed, but no name. */
static bool canonical(const char *text, struct bdf *ret)
{
	return bdf_parse(text, ret) == 0 && !strcmp(BDF(ret), text);
}

/* Adds what @address names and is there, or is to be; 0: nothing. -E2BIG. */
static int add_address(const struct root *root, struct pfs *pfs,
		       const struct address *address, struct way *a)
{
	unsigned functions = address->whole_slot ? 8 : 1;
	unsigned before = a->n;
	char text[32];
	struct bdf bdf;

	for (unsigned f = 0; f < functions; f++) {
		(void)snprintf(text, sizeof(text), "%s", address->text);
		if (address->whole_slot)
			(void)snprintf(text, sizeof(text), "%s.%u", address->text, f);
		if (!canonical(text, &bdf) ||
		    (!sysfs_exists(root, DEVICE_ATTR(&bdf, "")) &&
		     !(pfs && pfs_of(pfs, &bdf))))
			continue;
		if (a->n == LIMIT_DEVICES)
			return -E2BIG;
		a->bdf[a->n++] = bdf;
	}
	return a->n > before;
}

static struct way *add_way(struct ways *ways)
{
	struct way *grown = realloc(ways->way, (ways->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	ways->way = grown;
	grown[ways->n] = (struct way){0};
	return &grown[ways->n++];
}

void ways_free(struct ways *ways)
{
	free(ways->way);
	*ways = (struct ways){0};
}

static int add_addresses(const struct root *root, struct pfs *pfs,
			 const struct address_list *list, struct ways *ways,
			 struct err *err)
{
	struct way *way = add_way(ways);
	int r = way ? 0 : err_set(err, ENOMEM, "out of memory");

	for (unsigned i = 0; r == 0 && i < list->n; i++)
		if (add_address(root, pfs, &list->item[i], way) < 0)
			r = err_set(err, E2BIG, "more than %d functions for one machine",
				    LIMIT_DEVICES);
	return r;
}

static int add_maps(const struct root *root, const struct mappings *mappings,
		    const struct mapping *m, const char *node, struct pfs *pfs,
		    struct ways *ways, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->maps; i++) {
		const struct mapping_map *map = &m->map[i];

		if (strcmp(map->node, node) != 0)
			continue;
		r = mapping_check(root, m, map, pfs, err);
		if (r < 0)
			return err_wrap(err, "%s:%u: mapping=%s does not fit this host",
					mappings->file, map->line, m->name);
		r = add_addresses(root, pfs, &map->paths, ways, err);
	}
	if (r == 0 && !ways->n)
		return err_set(err, ENOENT,
			       "mapping=%s has no 'map' line for node %s in %s:%u",
			       m->name, node, mappings->file, m->line);
	return r;
}

int choose_ways(const struct root *root, const struct mappings *mappings,
		const char *node, const char *name, struct pfs *pfs, struct ways *ret,
		struct err *err)
{
	const struct mapping *m = mappings_find(mappings, name);
	struct ways ways = {0};
	int r;

	if (!m)
		return err_set(err, ENOENT,
			       "there is no mapping=%s in %s (hostpci mapping list)",
			       name, mappings->file);
	if (m->rejected)
		return err_set(err, ENOENT,
			       "mapping=%s has no valid 'map' line in %s:%u (hostpci "
			       "mapping check says more)",
			       name, mappings->file, m->line);
	r = add_maps(root, mappings, m, node, pfs, &ways, err);
	if (r < 0) {
		ways_free(&ways);
		return r;
	}
	*ret = ways;
	return 0;
}

static void add_absent(struct choice *choice, unsigned slot,
		       const struct address *address)
{
	struct absent *absent = &choice->absent[choice->absents++];

	absent->slot = slot;
	memcpy(absent->text, address->text, sizeof(absent->text));
}

/* What @address names was found: itself, or a function of its slot. */
static bool leads_to(const struct way *way, const struct address *address)
{
	for (unsigned i = 0; i < way->n; i++)
		if (!strncmp(BDF(&way->bdf[i]), address->text, strlen(address->text)))
			return true;
	return false;
}

static int find_host(struct chooser *c, unsigned slot)
{
	const struct address_list *host = &c->spec->slot[slot].wish.host;
	int r = add_addresses(c->root, c->choice->pfs, host, &c->ways, c->err);

	for (unsigned i = 0; r == 0 && i < host->n; i++)
		if (!leads_to(&c->ways.way[c->ways.n - 1], &host->item[i]))
			add_absent(c->choice, slot, &host->item[i]);
	return r;
}

static void find_mapping(struct chooser *c, unsigned slot, struct pick *pick)
{
	const struct mappings *mappings = &c->spec->mappings;
	const char *name = c->spec->slot[slot].wish.mapping;

	if (choose_ways(c->root, mappings, c->spec->node, name, c->choice->pfs, &c->ways,
			&pick->err) == 0)
		pick->migration = mappings_find(mappings, name)->migration;
}

/*
 * "nvidia-557" is a vGPU type of a driver without mediated devices: the number. In a line
 * that Proxmox does not read it may also be named as the driver does.
 */
static bool nvidia_type(const struct root *root, const struct bdf *bdf,
			const struct slot *slot, struct pick *pick)
{
	const char *mdev = slot->wish.mdev, *type = mdev + strlen("nvidia-");
	bool number = !strncmp(mdev, "nvidia-", strlen("nvidia-")) && *type &&
		      !type[strspn(type, "0123456789")];

	if (!number)
		type = mdev;
	if (strlen(type) >= sizeof(pick->type) ||
	    sysfs_exists(root, DEVICE_ATTR(bdf, "mdev_supported_types")) ||
	    !sysfs_exists(root, DEVICE_ATTR(bdf, "nvidia")))
		return false;
	pick->by_number = !number && slot_is_proxmox(slot);
	if (pick->by_number)
		return false;
	(void)snprintf(pick->type, sizeof(pick->type), "%s", type);
	return true;
}

/* To Perl, which judges it, "0" is no type. */
static bool is_true(const char *text)
{
	return *text && strcmp(text, "0") != 0;
}

static void find_kind(struct chooser *c, unsigned slot, struct pick *pick)
{
	const struct wish *wish = &c->spec->slot[slot].wish;
	const char *mdev = wish_has(wish, KEY_MDEV) ? wish->mdev : "";

	for (unsigned i = 0; i < c->ways.n; i++) {
		const struct way *a = &c->ways.way[i];

		if (a->n > 1 && (is_true(mdev) || is_true(pick->type)))
			(void)err_set(&pick->err, EINVAL,
				      "mdev=%s needs one function, and these are %u",
				      wish->mdev, a->n);
		if (a->n == 1 && is_true(mdev) &&
		    nvidia_type(c->root, &a->bdf[0], &c->spec->slot[slot], pick))
			mdev = "";
	}
	pick->kind = is_true(mdev)	   ? PICK_MDEV
		     : is_true(pick->type) ? PICK_NVIDIA
					   : PICK_DEVICE;
}

/* The earlier slot, or this one, that has @bdf for itself; -1: none. */
static int used_by(const struct choice *choice, const struct bdf *bdf)
{
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		const struct pick *p = &choice->pick[i];

		for (unsigned f = 0; p->kind != PICK_MDEV && f < p->n; f++)
			if (bdf_equal(&p->bdf[f], bdf))
				return i;
	}
	return -1;
}

const struct claim *chooser_claim(const struct chooser *c, const struct bdf *bdf)
{
	for (size_t i = 0; i < c->claims_n; i++)
		if (bdf_equal(&c->claims[i].bdf, bdf))
			return &c->claims[i];
	return NULL;
}

bool chooser_is_free(const struct chooser *c, const struct way *a, struct pick *pick)
{
	size_t at = strlen(pick->passed);

	for (unsigned f = 0; f < a->n; f++) {
		int slot = used_by(c->choice, &a->bdf[f]);
		const struct claim *claim = chooser_claim(c, &a->bdf[f]);
		char who[24];

		if (slot < 0 && !claim)
			continue;
		if (slot < 0 && pick->skips < LIMIT_ADDRESSES)
			pick->skip[pick->skips++] = a->bdf[f];
		if (slot >= 0)
			(void)snprintf(who, sizeof(who), "hostpci%d", slot);
		else
			(void)snprintf(who, sizeof(who), "%s", OWNER(claim->vmid));
		(void)snprintf(pick->passed + at, sizeof(pick->passed) - at, "%s%s: %s",
			       at ? ", " : "", BDF(&a->bdf[f]), who);
		return false;
	}
	return true;
}

int chooser_take(struct chooser *c, unsigned slot, const struct way *a)
{
	struct pick *pick = &c->choice->pick[slot];

	for (unsigned f = 0; f < a->n; f++) {
		int other = used_by(c->choice, &a->bdf[f]);

		if (other == (int)slot)
			return err_set(c->err, EINVAL,
				       "%s: hostpci%u names %s twice: remove one",
				       SLOT_PLACE(&c->spec->slot[slot]), slot,
				       BDF(&a->bdf[f]));
		if (other >= 0)
			return err_set(c->err, EINVAL,
				       "%s: hostpci%d and hostpci%u both name %s: a "
				       "device can be given once, remove one",
				       SLOT_PLACE(&c->spec->slot[slot]), other, slot,
				       BDF(&a->bdf[f]));
		pick->bdf[pick->n++] = a->bdf[f];
	}
	return 0;
}

static int take_one(struct chooser *c, unsigned slot)
{
	struct pick *pick = &c->choice->pick[slot];

	/* Without a choice the gate says who has it. */
	if (c->ways.n == 1)
		return chooser_take(c, slot, &c->ways.way[0]);
	for (unsigned i = 0; i < c->ways.n; i++)
		if (chooser_is_free(c, &c->ways.way[i], pick))
			return chooser_take(c, slot, &c->ways.way[i]);
	(void)err_set(&pick->err, EBUSY,
		      "mapping=%s: none of its %u ways on this node is free (%s)",
		      c->spec->slot[slot].wish.mapping, c->ways.n, pick->passed);
	return 0;
}

static void take_parents(struct chooser *c, struct pick *pick)
{
	for (unsigned i = 0; i < c->ways.n; i++)
		if (c->ways.way[i].n && pick->n < LIMIT_DEVICES)
			pick->bdf[pick->n++] = c->ways.way[i].bdf[0];
}

/* Its parent need not be on the PCI bus: then it has no address. */
static int take_defined(const struct mdev_definition *definition, struct pick *pick)
{
	pick->kind = PICK_MDEV;
	pick->alternatives = 1;
	pick->n = 1;
	if (bdf_parse(definition->parent, &pick->bdf[0]) < 0)
		pick->bdf[0] = (struct bdf){0};
	return 0;
}

static int choose_slot(struct chooser *c, unsigned slot)
{
	const struct wish *wish = &c->spec->slot[slot].wish;
	bool host = wish_has(wish, KEY_HOST), mapping = wish_has(wish, KEY_MAPPING);
	bool vf = wish_has(wish, KEY_VF_OF);
	struct pick *pick = &c->choice->pick[slot];
	int r = 0;

	ways_free(&c->ways);
	if (!host && !mapping && !vf && c->spec->slot[slot].definition)
		return take_defined(c->spec->slot[slot].definition, pick);
	if (vf && (host || mapping))
		(void)err_set(&pick->err, EINVAL,
			      "there are both %s and vf-of: remove one",
			      host ? "host=" : "mapping=");
	else if (!vf && host == mapping)
		(void)err_set(&pick->err, EINVAL,
			      host ? "there are both host= and mapping=: remove one"
				   : "no device is named: add its address "
				     "(host=01:00.0)");
	else if (vf)
		return choose_vf(c, slot);
	else if (host)
		r = find_host(c, slot);
	else
		find_mapping(c, slot, pick);
	if (r < 0 || pick->err.code)
		return r;
	pick->alternatives = c->ways.n;
	find_kind(c, slot, pick);
	if (pick->err.code)
		pick->kind = PICK_NONE;
	else if (pick->kind == PICK_MDEV)
		take_parents(c, pick);
	else
		r = take_one(c, slot);
	return r;
}

int choose(const struct root *root, const struct spec *spec, const struct claim *claims,
	   size_t n, struct choice *choice, struct err *err)
{
	struct chooser c = {.root = root,
			    .spec = spec,
			    .claims = claims,
			    .claims_n = n,
			    .choice = choice,
			    .err = err};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++) {
		if (!spec->slot[i].present)
			continue;
		r = choose_slot(&c, i);
		if (choice->pick[i].err.code)
			(void)err_wrap(&choice->pick[i].err, "%s: hostpci%u",
				       SLOT_PLACE(&spec->slot[i]), i);
	}
	ways_free(&c.ways);
	return r;
}

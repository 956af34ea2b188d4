/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/gate-mdev.h"

#include <string.h>

#include "base/say.h"
#include "plan/gate-claim.h"
#include "spec/mdevctl.h"

struct gate {
	const struct spec *spec;
	const struct facts *facts;
	struct findings *findings;
	unsigned slot;
	const struct mdev_fact *fact;
	int taken[LIMIT_SLOTS]; /* which of its parents a slot before this one gets; -1 */
};

static const struct mdev_parent *taken_by(const struct gate *g, unsigned slot)
{
	return g->taken[slot] < 0 ? NULL : &g->facts->mdev[slot].parent[g->taken[slot]];
}

/* How many of what it has the machine itself gets before. */
static int taken_of(const struct gate *g, const struct mdev_parent *parent)
{
	int n = 0;

	for (unsigned i = 0; i < g->slot; i++) {
		const struct mdev_parent *p = taken_by(g, i);

		n += p && !strcmp(p->name, parent->name) &&
		     !strcmp(p->type, parent->type);
	}
	return n;
}

static struct finding *find(const struct gate *g, const struct mdev_parent *parent)
{
	struct finding *f =
		findings_add(g->findings, GRADE_NEVER, (int)g->slot, &parent->bdf);

	if (f) {
		SAY(f->device, "%.20s", parent->name);
		SAY(f->what, "%s", f->device);
	}
	return f;
}

static void say_no_type(const struct gate *g, const struct mdev_parent *parent)
{
	const struct mdev_definition *definition = g->spec->slot[g->slot].definition;
	struct finding *f = find(g, parent);
	struct uuid uuid;

	if (!f)
		return;
	if (!parent->offers) {
		SAY(f->why, "offers no mediated devices");
		SAY(f->cure,
		    "load the driver that makes them for it, and see hostpci mdev types; "
		    "or correct hostpci%u in %s:%u",
		    g->slot, g->spec->slot[g->slot].file, g->spec->slot[g->slot].line);
		return;
	}
	SAY(f->why, "has no type '%s' of mediated devices", g->fact->type);
	if (definition) {
		SAY(f->cure,
		    "correct mdev_type in " MDEVCTL_FOLDER "/%s/%s: hostpci mdev types "
		    "%s lists those that there are",
		    definition->parent, definition->uuid.text, parent->name);
		return;
	}
	SAY(f->cure, "write a type that hostpci mdev types %s lists", parent->name);
	if (uuid_parse(g->fact->type, &uuid) == 0)
		SAY_MORE(f->cure,
			 "; a device that mdevctl defines is named in the policy: "
			 "hostpci%u = { mdev = \"%s\"; };",
			 g->slot, uuid.text);
}

/* Proxmox knows a type by the name of its folder alone. */
static void say_name(const struct gate *g, const struct mdev_parent *parent)
{
	struct finding *f = find(g, parent);

	if (!f)
		return;
	SAY(f->why, "'%s' is the name of its type %s, and Proxmox reads types only",
	    g->fact->type, parent->type);
	SAY(f->cure, "write mdev=%s in %s:%u", parent->type, g->spec->slot[g->slot].file,
	    g->spec->slot[g->slot].line);
}

/* A machine that is just going gives one of its own back. */
static bool is_passing(const struct gate *g, const struct mdev_parent *parent)
{
	for (size_t i = 0; i < g->facts->claims; i++) {
		const struct claim *claim = &g->facts->claim[i];

		if (uuid_is_set(&claim->mdev) && claim->passing &&
		    bdf_equal(&claim->bdf, &parent->bdf))
			return true;
	}
	return false;
}

static void say_full(const struct gate *g, const struct mdev_parent *parent)
{
	struct finding *f = find(g, parent);

	if (!f)
		return;
	f->held = true;
	f->passing = is_passing(g, parent);
	if (parent->available > 0)
		SAY(f->why,
		    "has %d free instance%s of %s, which hostpciN before hostpci%u get",
		    parent->available, parent->available == 1 ? "" : "s", parent->type,
		    g->slot);
	else
		SAY(f->why, "has no free instance of %s", parent->type);
	SAY(f->cure,
	    "stop a machine that has one (hostpci mdev list %s), or remove one that "
	    "nobody uses: hostpci mdev remove UUID",
	    parent->name);
}

/* One parent will do: only if there is none, each says why. */
static void check_parents(struct gate *g)
{
	const struct mdev_fact *fact = g->fact;

	for (unsigned i = 0; i < fact->n; i++) {
		const struct mdev_parent *p = &fact->parent[i];

		if (p->type[0] && p->by_name &&
		    slot_is_proxmox(&g->spec->slot[g->slot])) {
			say_name(g, p);
			return;
		}
		if (p->type[0] && (p->available < 0 || p->available > taken_of(g, p))) {
			g->taken[g->slot] = (int)i;
			return;
		}
	}
	for (unsigned i = 0; i < fact->n; i++) {
		if (fact->parent[i].type[0])
			say_full(g, &fact->parent[i]);
		else
			say_no_type(g, &fact->parent[i]);
	}
}

/* A finding about the device that is there, or is to be, under its UUID. */
static struct finding *find_itself(const struct gate *g)
{
	struct finding *f = findings_add(g->findings, GRADE_NEVER, (int)g->slot, NULL);

	if (f) {
		SAY(f->device, "mdev");
		SAY(f->what, "%s", g->fact->uuid.text);
	}
	return f;
}

/* Another machine's, be it there yet or not: its stop takes it away. */
static bool check_claims(const struct gate *g)
{
	for (size_t i = 0; i < g->facts->claims; i++) {
		const struct claim *claim = &g->facts->claim[i];
		struct finding *f;

		if (!uuid_equal(&claim->mdev, &g->fact->uuid))
			continue;
		f = find_itself(g);
		if (f)
			gate_say_claim(f, claim, true);
		return true;
	}
	return false;
}

/* What is there under its UUID is used, if it is the right thing and nobody has it. */
static void check_existing(const struct gate *g)
{
	const struct mdev_fact *fact = g->fact;
	struct finding *f;

	if (mdev_fact_fits(fact))
		return;
	f = find_itself(g);
	if (!f)
		return;
	f->held = fact->who[0] != '\0';
	SAY(f->who, "%s", fact->who);
	if (fact->who[0]) {
		SAY(f->why, "exists, and is used by %s", fact->who);
		SAY(f->cure, "end that first");
		return;
	}
	SAY(f->why, "exists already, of type %s on %s, but hostpci%u wants %s on %s",
	    fact->seen.type[0] ? fact->seen.type : "?", fact->seen.parent, g->slot,
	    fact->type, fact->parent[0].name);
	SAY(f->cure, "nobody uses it: hostpci mdev remove %s", fact->uuid.text);
}

/* Taken from its driver, a parent loses them all. */
static void check_given(const struct gate *g)
{
	for (unsigned i = 0; i < g->fact->n; i++) {
		const struct mdev_parent *parent = &g->fact->parent[i];
		const struct fact *given = facts_find(g->facts, &parent->bdf);
		struct finding *f;

		if (bdf_is_none(&parent->bdf) || !given || !(f = find(g, parent)))
			continue;
		SAY(f->why, "is given to the machine itself by hostpci%d", given->slot);
		SAY(f->cure, "remove one of the two");
	}
}

void gate_check_mdevs(const struct spec *spec, const struct facts *facts,
		      struct findings *findings)
{
	struct gate g = {.spec = spec, .facts = facts, .findings = findings};

	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		g.slot = i;
		g.fact = &facts->mdev[i];
		g.taken[i] = -1;
		/* One whose name Proxmox does not know is refused for that. */
		if ((!g.fact->wanted && !g.fact->left) || g.fact->vgpu)
			continue;
		check_given(&g);
		if (check_claims(&g))
			continue;
		if (g.fact->seen.there && !g.fact->seen.going)
			check_existing(&g);
		else
			check_parents(&g);
	}
}

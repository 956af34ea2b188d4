/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/gate-pf.h"

#include "base/say.h"

struct gate {
	const struct spec *spec;
	const struct facts *facts;
	struct findings *findings;
	const struct pf *pf;
};

static struct finding *find(struct gate *g)
{
	struct finding *f =
		findings_add(g->findings, GRADE_NEVER, g->pf->slot, &g->pf->device.bdf);

	if (f)
		SAY(f->what, "%s", f->device);
	return f;
}

/* A machine that has it whole, or changes the number of its functions just now. */
static void check_claim(struct gate *g, const struct claim *claim)
{
	struct finding *f;

	if (claim->kind == CLAIM_SHARED && !claim->changing)
		return;
	f = find(g);
	if (!f)
		return;
	f->held = true;
	f->passing = claim->passing;
	if (!claim->vmid) {
		SAY(f->why, "has its virtual functions made or removed right now");
		SAY(f->cure, "try again when hostpci sriov or hostpci boot is through");
		return;
	}
	SAY(f->who, "VM %u", claim->vmid);
	if (claim->kind != CLAIM_SHARED) {
		SAY(f->why, "is held by VM %u whole: it has no virtual function to give",
		    claim->vmid);
		SAY(f->cure, "stop VM %u first", claim->vmid);
		return;
	}
	SAY(f->why, "has its virtual functions made or removed by VM %u right now",
	    claim->vmid);
	SAY(f->cure,
	    "try again; if VM %u was cut off in it: hostpci sweep, or hostpci release %u",
	    claim->vmid, claim->vmid);
}

/* To raise one while another is at it would leave the numbers of groups to chance. */
static void check_claims(struct gate *g)
{
	for (size_t i = 0; i < g->facts->claims; i++) {
		const struct claim *claim = &g->facts->claim[i];

		if (bdf_equal(&claim->bdf, &g->pf->device.bdf) ||
		    (g->pf->lacking && claim->changing))
			check_claim(g, claim);
	}
}

static void check_given(struct gate *g)
{
	const struct fact *fact = facts_find(g->facts, &g->pf->device.bdf);
	struct finding *f = fact ? find(g) : NULL;

	if (!f)
		return;
	SAY(f->why, "%s VM %u as well: with it its virtual functions go",
	    fact->wanted ? "is given to" : "shares an IOMMU group with what is given to",
	    g->spec->vmid);
	SAY(f->cure, fact->wanted ? "remove one of the two from the configuration"
				  : "move the card to another slot, or see ACS in the "
				    "firmware's settings");
}

static void check_driver(struct gate *g)
{
	const struct device *d = &g->pf->device;
	struct finding *f;

	if (d->driver[0] && !d->on_vfio)
		return;
	f = find(g);
	if (!f)
		return;
	SAY(f->why, "%s%s: nobody makes virtual functions",
	    d->driver[0] ? "is on " : "has no driver", d->driver);
	SAY(f->cure, "bind the driver of the card, and start again");
}

static void check_number(struct gate *g)
{
	unsigned want = pf_wanted(g->pf);
	struct finding *f;

	if (want <= g->pf->total)
		return;
	f = find(g);
	if (!f)
		return;
	SAY(f->why, "can have at most %u virtual functions (sriov_totalvfs), not %u",
	    g->pf->total, want);
	if (g->pf->vfs < 0)
		SAY(f->cure, "correct vfs in %s:%u", g->pf->policy->file,
		    g->pf->policy->line);
	else
		SAY(f->cure, "ask for at most %u", g->pf->total);
}

/* Who uses one of those that go when there are to be more. */
static void check_users(struct gate *g)
{
	for (size_t i = 0; i < g->facts->holdings.n; i++) {
		const struct holding *h = &g->facts->holdings.item[i];
		struct finding *f;

		if (!bdf_equal(&h->bdf, &g->pf->device.bdf) || h->grade == GRADE_TELL)
			continue;
		f = find(g);
		if (!f)
			return;
		f->held = true;
		f->passing = h->passing;
		SAY(f->what, "%s", h->what);
		SAY(f->why, "%s, and would go", h->why);
		if (pf_wanted(g->pf))
			SAY_MORE(f->why,
				 ": from %u to %u virtual functions the kernel gets only "
				 "through none",
				 g->pf->device.vfs, pf_wanted(g->pf));
		SAY(f->who, "%s", h->who);
		SAY(f->cure, "%s", h->cure);
	}
}

/* What this machine keeps of it would go as well. */
static void check_own(struct gate *g)
{
	for (size_t i = 0; g->pf->device.vfs && i < g->facts->owns; i++) {
		struct finding *f;
		int index = pf_vf_index(g->pf, &g->facts->own[i]);

		if (index < 0 || (unsigned)index >= g->pf->device.vfs)
			continue;
		f = find(g);
		if (!f)
			return;
		SAY(f->why, "is to have more virtual functions, but VM %u keeps %s",
		    g->spec->vmid, BDF(&g->facts->own[i]));
		SAY(f->cure, "hostpci release %u", g->spec->vmid);
	}
}

void gate_check_pfs(const struct spec *spec, const struct facts *facts,
		    struct findings *findings)
{
	struct gate g = {spec, facts, findings, NULL};

	for (unsigned i = 0; i < facts->pfs.n; i++) {
		g.pf = &facts->pfs.item[i];
		if (!g.pf->needed)
			continue;
		check_claims(&g);
		check_given(&g);
		if (!g.pf->lacking)
			continue;
		check_driver(&g);
		check_number(&g);
		check_users(&g);
		check_own(&g);
	}
}

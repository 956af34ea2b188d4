/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "plan/builder.h"

/* What is wanted of a physical function, and what it has. */
struct aim {
	const struct pf *pf;
	struct fact fact;      /* it, as builder_add wants it */
	const char *autoprobe; /* while it has those that are made now */
	bool temporary;
};

static bool is_set(const struct pf *pf, enum key_id id)
{
	return pf->policy && wish_has(&pf->policy->wish, id);
}

/*
 * What is made for machines is for them: unless the policy wants it the host's drivers do
 * not take it. It stays so while they exist, as a driver that is loaded later would take
 * them then.
 */
static struct aim aim_of(const struct pf *pf)
{
	struct aim a = {.pf = pf, .fact = {.device = pf->device, .slot = pf->slot}};

	a.temporary = is_set(pf, KEY_TEMPORARY) && pf->policy->wish.temporary;
	a.autoprobe = "0";
	if (is_set(pf, KEY_AUTOPROBE))
		a.autoprobe = pf->policy->wish.autoprobe ? "1" : "0";
	else if (pf->vfs >= 0) /* by hand: as the kernel is set */
		a.autoprobe = pf->autoprobe;
	return a;
}

static int add_autoprobe(struct builder *b, const struct aim *a, const char *found,
			 const char *want)
{
	if (!found[0] || !strcmp(found, want))
		return 0;
	return builder_add(b, &a->fact, STEP_AUTOPROBE, STAGE_VFS, found, want);
}

static int add_numvfs(struct builder *b, const struct aim *a, unsigned found,
		      unsigned want)
{
	char from[16], to[16];

	(void)snprintf(from, sizeof(from), "%u", found);
	(void)snprintf(to, sizeof(to), "%u", want);
	return builder_add(b, &a->fact, STEP_NUMVFS, STAGE_VFS, from, to);
}

/* Before they are made: then the driver would share out all that it has. */
static int add_attributes(struct builder *b, const struct aim *a,
			  const struct facts *facts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->vfs_attributes; i++) {
		const struct vfs_attribute *at = &facts->vfs_attribute[i];
		char from[LIMIT_NAME], to[LIMIT_NAME];

		/* With those that are there now, what they have goes as well. */
		if (!bdf_equal(&at->pf, &a->pf->device.bdf) ||
		    (!strcmp(at->found, at->want) && !a->pf->device.vfs))
			continue;
		(void)snprintf(from, sizeof(from), "%u %s %s", at->index, at->name,
			       at->found);
		(void)snprintf(to, sizeof(to), "%u %s %s", at->index, at->name, at->want);
		r = builder_add(b, &a->fact, STEP_VFS_ATTRIBUTE, STAGE_VFS, from, to);
	}
	return r;
}

/* From one number to another the kernel goes only through none. */
static int make_vfs(struct builder *b, const struct aim *a, const struct facts *facts)
{
	unsigned now = a->pf->device.vfs, want = pf_wanted(a->pf);
	int r = 0;

	if (want)
		r = add_autoprobe(b, a, a->pf->autoprobe, a->autoprobe);
	if (r == 0 && now != want && now)
		r = add_numvfs(b, a, now, 0);
	if (r == 0 && now != want)
		r = add_attributes(b, a, facts);
	return r == 0 && now != want && want ? add_numvfs(b, a, 0, want) : r;
}

/* Others have made them for themselves: whoever of us stops last takes it all back. */
static int adopt_vfs(struct builder *b, const struct aim *a, const struct facts *facts)
{
	const struct bdf *pf = &a->pf->device.bdf;
	int r = 0;

	if (!a->temporary || facts_has_past(facts, pf, true))
		return 0;
	for (size_t i = 0; r == 0 && i < facts->pasts; i++) {
		const struct pf_past *past = &facts->past[i];

		if (!bdf_equal(&past->bdf, pf))
			continue;
		r = builder_add(b, &a->fact, (enum step_kind)past->kind, STAGE_VFS,
				past->found, past->want);
		if (r == 0)
			b->plan->step[b->plan->steps - 1].adopted = true;
	}
	return r;
}

static void note_number(struct builder *b, const struct pf *pf)
{
	if (!is_set(pf, KEY_VFS) || pf->lacking || pf_wanted(pf) == pf->device.vfs)
		return;
	notes_add(b->notes,
		  "%s has %u virtual functions, and hostpci.conf wants %u: left so, as "
		  "what VM %u needs is there (hostpci sriov set %s %u changes it)",
		  BDF(&pf->device.bdf), pf->device.vfs, pf_wanted(pf), b->spec->vmid,
		  BDF(&pf->device.bdf), pf_wanted(pf));
}

static bool sets_network(const struct sriov *policy)
{
	bool sets = wish_has_vf(&policy->wish);

	for (unsigned i = 0; i < policy->vfs; i++)
		sets |= wish_has_vf(&policy->vf[i].wish);
	return sets;
}

/* Said as they are made: a machine that gets one of them is refused. */
static void note_kind(struct builder *b, const struct pf *pf)
{
	if (!pf->lacking || !pf->policy || device_is_network(&pf->device) ||
	    !sets_network(pf->policy))
		return;
	notes_add(b->notes,
		  "%s is no network card: mac, vlan and the like cannot be set of its "
		  "virtual functions; take them out of %s:%u",
		  BDF(&pf->device.bdf), pf->policy->file, pf->policy->line);
}

static int add_hold(struct builder *b, const struct aim *a)
{
	struct hold hold = {
		.bdf = a->pf->device.bdf,
		.slot = a->pf->slot,
		.group = a->pf->device.group,
		.shared = true,
		.changing = a->pf->lacking,
		.return_to = a->temporary ? WISH_RETURN_HOST : WISH_RETURN_NONE,
	};

	note_number(b, a->pf);
	note_kind(b, a->pf);
	return plan_add_hold(b->plan, &hold);
}

/* The numbers of their IOMMU groups follow the order in which functions are made. */
int builder_pfs(struct builder *b, const struct facts *facts)
{
	const struct pf *pf[LIMIT_PFS];
	unsigned n = pfs_in_order(&facts->pfs, true, pf);
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n; i++) {
		struct aim a = aim_of(pf[i]);

		if (b->pf_lane < 0)
			b->pf_lane = pf[i]->device.group;
		r = add_hold(b, &a);
		if (r == 0)
			r = pf[i]->lacking ? make_vfs(b, &a, facts)
					   : adopt_vfs(b, &a, facts);
	}
	return r;
}

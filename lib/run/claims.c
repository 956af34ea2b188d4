/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/claims.h"

#include <errno.h>
#include <string.h>

#include "host/device.h"
#include "host/sysfs.h"
#include "host/vf-mac.h"
#include "host/vf-state.h"
#include "run/journal.h"

struct gather {
	const struct root *root;
	uint32_t vmid;
	struct facts *facts;
	struct notes *notes;
	uint32_t damaged; /* a machine whose journal cannot be read; 0: none */
	enum scope damaged_scope;
};

/* What is set of a virtual function; zero: nothing. */
static struct mac mac_of(const struct journal *j, const struct bdf *vf)
{
	struct mac mac = {0};

	for (size_t i = 0; i < j->steps; i++) {
		const struct step *s = &j->step[i].step;
		struct vf_change change;

		if (s->kind == STEP_VF && journal_alive(&j->step[i]) &&
		    bdf_equal(&s->bdf, vf) && vf_change_parse(s->want, &change) == 0 &&
		    change.setting == VF_MAC)
			(void)!mac_parse(change.value, &mac);
	}
	return mac;
}

static int add(struct gather *g, const struct journal *j, const struct journal_hold *hold)
{
	const struct claim claim = {
		.bdf = hold->hold.bdf,
		.mdev = hold->hold.mdev,
		.vmid = j->vmid,
		.scope = j->scope,
		.parked = hold->parked[0] != '\0',
		.kind = hold->hold.shared ? CLAIM_SHARED : CLAIM_JOURNAL,
		.changing = hold->hold.changing,
		.is_vf = hold->hold.is_vf,
		.vf_of = hold->hold.vf_of,
		.mac = mac_of(j, &hold->hold.bdf),
	};

	return facts_add_claim(g->facts, &claim);
}

/* What is in effect of what was done to @pf for all who share it. */
static int add_past(const struct journal *j, const struct bdf *pf, bool own,
		    struct facts *facts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->steps; i++) {
		const struct step *s = &j->step[i].step;
		struct pf_past past = {.bdf = *pf, .own = own, .kind = s->kind};

		if (!journal_alive(&j->step[i]) || !step_ops(s)->shared ||
		    !bdf_equal(&s->bdf, pf))
			continue;
		(void)snprintf(past.found, sizeof(past.found), "%s", s->found);
		(void)snprintf(past.want, sizeof(past.want), "%.*s",
			       (int)sizeof(past.want) - 1, s->want);
		r = facts_add_past(facts, &past);
	}
	return r;
}

/* Whoever of the others is asked: who shares it has all of it on file, or nothing. */
static int add_other_past(const struct journal *j, const struct hold *hold,
			  struct facts *facts)
{
	return hold->shared && !facts_has_past(facts, &hold->bdf, false)
		       ? add_past(j, &hold->bdf, false, facts)
		       : 0;
}

int claims_own(const struct journal *journal, struct facts *facts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < journal->holds; i++) {
		const struct journal_hold *hold = &journal->hold[i];
		const struct bdf *bdf = &hold->hold.bdf;

		if (!hold->open || journal->other_boot)
			continue;
		r = hold->hold.shared ? add_past(journal, bdf, true, facts)
				      : facts_add_own(facts, bdf);
	}
	return r;
}

static bool is_claimed(const struct facts *facts, const struct hold *about)
{
	if (!uuid_is_set(&about->mdev))
		return facts_claim(facts, &about->bdf);
	for (size_t i = 0; i < facts->claims; i++)
		if (uuid_equal(&facts->claim[i].mdev, &about->mdev))
			return true;
	return false;
}

static int add_doubt(struct gather *g, const struct hold *about)
{
	const struct claim claim = {.bdf = about->bdf,
				    .mdev = about->mdev,
				    .vmid = g->damaged,
				    .scope = g->damaged_scope,
				    .kind = CLAIM_DAMAGED};

	return is_claimed(g->facts, about) ? 0 : facts_add_claim(g->facts, &claim);
}

/* What its text names may be its own, whatever it says of it. */
static int salvage(struct gather *g, uint32_t vmid, enum scope scope,
		   const struct err *why)
{
	struct hold *named = calloc(LIMIT_DEVICES, sizeof(*named));
	char text[sizeof(*why)];
	size_t n;
	int r = named ? 0 : -ENOMEM;

	n = named ? journal_salvage(g->root, vmid, scope, named, LIMIT_DEVICES) : 0;
	g->damaged = vmid;
	g->damaged_scope = scope;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_doubt(g, &named[i]);
	free(named);
	notes_add(g->notes,
		  "the journal of %s cannot be read: %s; what it names, and what is on "
		  "a vfio driver for nobody that is known, is not given away (see "
		  "hostpci-journal(5))",
		  OWNER(vmid), err_text(why, text, sizeof(text)));
	return r;
}

/* What is done to physical functions for the host is true while its run is at it. */
static bool is_over(const struct gather *g, uint32_t vmid, enum scope scope)
{
	return !vmid && scope == SCOPE_SRIOV && !journal_is_locked(g->root, vmid, scope);
}

static int each(void *context, uint32_t vmid, enum scope scope)
{
	struct gather *g = context;
	_cleanup_(journal_freep) struct journal *j = NULL;
	struct err err = {0};
	int r;

	if (vmid == g->vmid || is_over(g, vmid, scope))
		return 0;
	r = journal_read(g->root, vmid, scope, &j, &err);
	if (r == -ENOENT) /* it ended meanwhile */
		return 0;
	if (r < 0)
		return salvage(g, vmid, scope, &err);
	for (size_t i = 0; !j->other_boot && i < j->holds; i++) {
		r = j->hold[i].open ? add(g, j, &j->hold[i]) : 0;
		if (r == 0 && j->hold[i].open)
			r = add_other_past(j, &j->hold[i].hold, g->facts);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A journal of the machine that is looked for holds it. */
static bool is_own(const struct gather *g, const struct hold *about)
{
	bool own = false;

	for (int scope = 0; !own && scope < _SCOPE_MAX; scope++) {
		_cleanup_(journal_freep) struct journal *j = NULL;
		const struct journal_hold *hold = NULL;

		if (journal_read(g->root, g->vmid, (enum scope)scope, &j, NULL) == 0 &&
		    !j->other_boot)
			hold = journal_find(j, about);
		own = hold && hold->open;
	}
	return own;
}

/* The lines that cannot be read can only be about what was bound for a guest, or will be
 * again: a device on the host's own driver is nobody's. */
static int doubt_unclaimed(void *context, const char *name)
{
	struct gather *g = context;
	char path[LIMIT_NAME * 2], device[LIMIT_NAME];
	struct hold about = {0};

	(void)snprintf(path, sizeof(path), "class/vfio-dev/%.64s/device", name);
	if (sysfs_link(g->root, path, device, sizeof(device)) < 0 ||
	    (bdf_parse(device, &about.bdf) < 0 && uuid_parse(device, &about.mdev) < 0))
		return 0;
	return is_own(g, &about) ? 0 : add_doubt(g, &about);
}

int claims_gather(const struct root *root, uint32_t vmid, struct facts *facts,
		  struct notes *notes, struct err *err)
{
	struct gather g = {.root = root, .vmid = vmid, .facts = facts, .notes = notes};
	int r;

	r = journal_each(root, each, &g);
	if (r == 0 && g.damaged)
		r = sysfs_each(root, "class/vfio-dev", SYSFS_LINKS, doubt_unclaimed, &g);
	if (r == -ENOENT) /* no vfio driver is there */
		r = 0;
	return r < 0 ? err_set(err, -r, "%s: %s", JOURNAL_FOLDER, strerror(-r)) : 0;
}

/*
 * QEMU of a machine that is stopped ends before its stop is called. What a machine keeps
 * stays, unless somebody is giving it back right now: then its journal is locked.
 */
static bool journal_is_passing(const struct root *root, const struct claim *claim)
{
	_cleanup_(journal_freep) struct journal *j = NULL;
	struct err err;

	if (journal_read(root, claim->vmid, claim->scope, &j, &err) < 0)
		return true; /* it ended since */
	if (claim->parked || !strcmp(j->phase, "stopped"))
		return journal_is_locked(root, claim->vmid, claim->scope);
	return j->qemu.pid &&
	       (!proc_alive(root, &j->qemu) || proc_is_going(root, j->qemu.pid));
}

static bool is_passing(const struct root *root, const struct claim *claim)
{
	pid_t pid;

	switch (claim->kind) {
	case CLAIM_JOURNAL:
		if (!claim->vmid) /* by hand: while somebody is at it */
			return journal_is_locked(root, 0, claim->scope);
		return journal_is_passing(root, claim);
	case CLAIM_RUNNING:
		pid = proc_vm_pid(root, claim->vmid);
		return pid > 0 && proc_is_going(root, pid);
	case CLAIM_SHARED: /* whoever is at work on it keeps its journal locked */
		return claim->changing &&
		       journal_is_locked(root, claim->vmid, claim->scope);
	case CLAIM_RESERVED:
	case CLAIM_DAMAGED:
	case CLAIM_HOST:
		break;
	}
	return false;
}

/* A mediated device that the machine wants, or that is where one is wanted. */
static bool matters_to(const struct mdev_fact *fact, const struct claim *claim)
{
	if (!uuid_is_set(&claim->mdev))
		return false;
	for (unsigned i = 0; i < fact->n; i++)
		if (bdf_equal(&fact->parent[i].bdf, &claim->bdf))
			return true;
	return uuid_equal(&fact->uuid, &claim->mdev);
}

/* It is on a device that the machine wants, or would have had, or has an address that one
 * is to have. */
static bool matters(const struct facts *facts, const struct claim *claim)
{
	if (claim->changing || facts_find(facts, &claim->bdf))
		return true;
	if (mac_is_unicast(&claim->mac) &&
	    vf_mac_find(facts->pfs.spec, facts, &claim->mac, NULL))
		return true;
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		for (unsigned k = 0; k < facts->pick[i].skips; k++)
			if (bdf_equal(&facts->pick[i].skip[k], &claim->bdf))
				return true;
		if (matters_to(&facts->mdev[i], claim))
			return true;
	}
	return false;
}

void claims_mark_passing(const struct root *root, struct facts *facts)
{
	for (size_t i = 0; i < facts->claims; i++)
		if (matters(facts, &facts->claim[i]))
			facts->claim[i].passing = is_passing(root, &facts->claim[i]);
}

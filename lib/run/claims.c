/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/claims.h"

#include <errno.h>
#include <string.h>

#include "run/journal.h"

struct gather {
	const struct root *root;
	uint32_t vmid;
	struct facts *facts;
	struct err *err;
};

static int add(struct facts *facts, const struct journal_hold *hold, uint32_t vmid)
{
	const struct claim claim = {
		.bdf = hold->hold.bdf,
		.vmid = vmid,
		.parked = hold->parked[0] != '\0',
	};

	return facts_add_claim(facts, &claim);
}

static int each(void *context, uint32_t vmid)
{
	struct gather *g = context;
	_cleanup_(journal_freep) struct journal *j = NULL;
	int r;

	if (vmid == g->vmid)
		return 0;
	r = journal_read(g->root, vmid, &j, g->err);
	if (r == -ENOENT) /* it ended meanwhile */
		return 0;
	/* What it holds is not known: any device may be its disk. */
	if (r < 0)
		return err_wrap(g->err,
				"what VM %u holds is not known, see hostpci-journal(5)",
				vmid);
	for (size_t i = 0; !j->other_boot && i < j->holds; i++) {
		r = j->hold[i].open ? add(g->facts, &j->hold[i], vmid) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int claims_gather(const struct root *root, uint32_t vmid, struct facts *facts,
		  struct err *err)
{
	struct gather g = {root, vmid, facts, err};
	int r;

	err->code = 0;
	r = journal_each(root, each, &g);
	if (r < 0 && !err->code)
		(void)err_set(err, -r, "%s: %s", JOURNAL_FOLDER, strerror(-r));
	return r;
}

/*
 * QEMU of a machine that is stopped ends before its stop is called. What a machine keeps
 * stays, unless somebody is giving it back right now: then its journal is locked.
 */
static bool journal_is_passing(const struct root *root, const struct claim *claim)
{
	_cleanup_(journal_freep) struct journal *j = NULL;
	struct err err;

	if (journal_read(root, claim->vmid, &j, &err) < 0)
		return true; /* it ended since */
	if (claim->parked || !strcmp(j->phase, "stopped"))
		return journal_is_locked(root, claim->vmid);
	return j->qemu.pid &&
	       (!proc_alive(root, &j->qemu) || proc_is_going(root, j->qemu.pid));
}

static bool is_passing(const struct root *root, const struct claim *claim)
{
	pid_t pid;

	switch (claim->kind) {
	case CLAIM_JOURNAL:
		return journal_is_passing(root, claim);
	case CLAIM_RUNNING:
		pid = proc_vm_pid(root, claim->vmid);
		return pid > 0 && proc_is_going(root, pid);
	case CLAIM_RESERVED:
		break;
	}
	return false;
}

/* It is on a device that the machine wants, or would have had. */
static bool matters(const struct facts *facts, const struct claim *claim)
{
	if (facts_find(facts, &claim->bdf))
		return true;
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		for (unsigned k = 0; k < facts->pick[i].skips; k++)
			if (bdf_equal(&facts->pick[i].skip[k], &claim->bdf))
				return true;
	return false;
}

void claims_mark_passing(const struct root *root, struct facts *facts)
{
	for (size_t i = 0; i < facts->claims; i++)
		if (matters(facts, &facts->claim[i]))
			facts->claim[i].passing = is_passing(root, &facts->claim[i]);
}

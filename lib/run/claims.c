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

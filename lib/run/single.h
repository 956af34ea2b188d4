/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/outcome.h"

/*
 * One device that an administrator has made, or taken away, by hand: the steps of a
 * machine, with the same journal, lanes and deadlines, for no machine. The journal
 * (host.KIND.journal) is there while it is under way; a run that is killed is taken back,
 * or finished if it takes away, by the sweep.
 */
struct single {
	const struct root *root;
	enum scope scope;
	struct hold hold;
	struct step *step; /* all of @hold's device; in the order of doing */
	size_t n;
	bool back; /* they are not done, but taken back */
};

/* Returns 0 or an exit code, with words in @err; @ret, which the caller frees, has the
 * deeds. */
int single_run(const struct single *single, struct outcome *ret,
	       struct err *err) _must_check_;

/* Whose a device is that was made, or is to be taken away. */
struct owner {
	uint32_t vmid;	  /* the machine whose journal holds it; 0: none */
	struct err doubt; /* if none does, but one that cannot be read may: why; else none
			   */
};

struct owner single_owner(const struct root *root, const struct hold *hold);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/scope.h"
#include "run/outcome.h"

/* The one pipeline: what a hook, a verb or a dry run asks for. */
enum change {
	CHANGE_PRE_START,
	CHANGE_POST_START,
	CHANGE_PRE_STOP,
	CHANGE_POST_STOP,
	CHANGE_RELEASE, /* give back what is kept */
	CHANGE_SWEEP,	/* take back what is left over, if it no longer runs */
};

struct request {
	const struct root *root;
	const char *node; /* whose VM configs; NULL: this one */
	uint32_t vmid;
	enum scope scope; /* of the hook, and so of the journal */
	enum change change;
	bool dry; /* plan and judge, write nothing */
};

/* Fills in @ret, which the caller frees, and returns its exit code. */
int machine_change(const struct request *request, struct outcome *ret) _must_check_;

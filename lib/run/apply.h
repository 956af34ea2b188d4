/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/outcome.h"

/* A physical function is to have virtual ones, for no machine in particular. */
struct apply {
	const struct root *root;
	const struct spec *spec; /* of the host, spec_load_host */
	const char *what;	 /* who asks, for the report */
	struct bdf pf;
	int vfs; /* how many; -1: as many as the policy says */
	bool dry;
};

/*
 * Through the same gate, journal and deadlines as a machine's start. What is so already
 * is left as it is. Fills in @ret, which the caller frees, and returns its exit code.
 */
int apply_vfs(const struct apply *apply, struct outcome *ret) _must_check_;

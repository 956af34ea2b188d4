/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/outcome.h"

/* A device is to be as the host's policy, or its administrator, wants it, for no machine
 * in particular: a physical function with its virtual ones, or a device on a driver. */
struct apply {
	const struct root *root;
	const struct spec *spec; /* of the host, spec_load_host */
	const char *what;	 /* who asks, for the report */
	struct bdf bdf;
	const struct declared *declared; /* the driver that it is to have; NULL: it is
					  * about its virtual functions */
	int vfs; /* how many, if it is; -1: as many as the policy says */
	bool dry;
};

/*
 * Through the same gate, journal and deadlines as a machine's start: one device, or @n on
 * drivers, side by side, of which none waits for another that is stuck, refused or in
 * use. What is so already is left as it is, and so is a device that a machine has: it
 * gives it back. Fills in @ret[0..n), which the caller frees.
 */
void apply_run(const struct apply *apply, size_t n, struct outcome *ret);

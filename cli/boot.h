/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/progress.h"
#include "cli/apply.h"
#include "host/pf.h"

/* One run of hostpci boot. */
struct boot {
	struct context *context;
	const struct spec *spec;
	struct progress_wait wait; /* for what is not there yet */
	/* The entries of sriov whose physical function is not there, or has no driver. */
	struct pfs *pfs;
	bool missing[LIMIT_PFS];
	bool driverless;
	bool found[LIMIT_DECLARED]; /* the entries of drivers that are done with */
	struct json_object *errors, *reports;
	int code; /* the worst of all */
};

/* Cards are found, and their drivers come, while this runs, and nobody waits for ever: a
 * moment has passed; false: what is not there by now is missing. */
bool boot_waits(struct boot *boot);
#define BOOT_WHEN(boot) \
	((boot)->context->value[OPTION_DRY_RUN] ? "now" : "waited for in vain")
/* What is missing does not keep the others from being set. */
void boot_missing(struct boot *boot, const struct err *err);
/* Carries out @n of them, side by side, and remembers what came of each. */
void boot_apply(struct boot *boot, struct apply *apply, size_t n);

/* The declared drivers of what is there and was not before; true: all were. */
bool boot_drivers(struct boot *boot);
/* Tells of those whose device did not come. */
void boot_drivers_missing(struct boot *boot);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"
#include "spec/pf-name.h"

/* True if there is a function at @bdf, and it is what @name says. */
bool device_matches(const struct root *root, const struct bdf *bdf,
		    const struct pf_name *name);
/* True if the function at @bdf can have virtual ones and is what @name says. */
bool pf_matches(const struct root *root, const struct bdf *bdf,
		const struct pf_name *name);

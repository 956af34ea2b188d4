/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/mac.h"
#include "host/facts.h"

/* The address that policy fixes for a virtual function; false: none, or "auto", which no
 * two functions share. */
bool vf_mac_fixed(const struct spec *spec, const struct fact *fact, struct mac *ret);

/* The machine's virtual function, @but not this one (NULL: any), that is to have @mac. */
const struct fact *vf_mac_find(const struct spec *spec, const struct facts *facts,
			       const struct mac *mac, const struct fact *but);

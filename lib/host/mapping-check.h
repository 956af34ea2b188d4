/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"
#include "host/pf.h"
#include "spec/mapping.h"

/*
 * Does this host have what @map, a map of @mapping, says? Every address of its path must
 * be there and show its id and subsystem-id, the first one its iommugroup, and the
 * mapping's mdev must be what the devices can (pve-guest-common, PVE::Mapping::PCI,
 * assert_valid). -ENODEV: no such device, -ESTALE: it shows something else; all that
 * differs is in @err. Of a virtual function that one of @pfs (NULL: none) is to have its
 * id is compared; the rest when it is there.
 */
int mapping_check(const struct root *root, const struct mapping *mapping,
		  const struct mapping_map *map, struct pfs *pfs,
		  struct err *err) _must_check_;

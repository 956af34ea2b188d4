/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/device.h"

/*
 * Devices that vfio-pci refuses (EINVAL at bind), as their errata let a guest break the
 * host, unless its parameter disable_denylist is set.
 */
bool denylist_has(const struct device *device);

enum denylist_state {
	DENYLIST_UNKNOWN, /* vfio-pci is not loaded */
	DENYLIST_ON,
	DENYLIST_OFF,
};
enum denylist_state denylist_state(const struct root *root);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/notes.h"
#include "host/device.h"

/*
 * Ids that were written to vfio-pci's new_id and not taken back: vfio-pci then grabs
 * every function of that kind that has no driver, virtual functions as they are made
 * (drivers/pci/pci-driver.c, new_id_store). Proxmox writes one at every start. The kernel
 * shows nobody which ids a driver has got this way. What can be known: vfio-pci's own
 * table matches by driver_override alone, so a function that is bound to it without one
 * came by such an id, or its override was cleared afterwards.
 */
struct grabbed {
	struct bdf bdf;
	uint16_t vendor, product;
	bool removed; /* its id was there, and is no more */
	bool absent;  /* its id was not there when it was to be removed */
};

struct new_ids {
	struct grabbed *item; /* owned; by address */
	size_t n;
};

/*
 * Finds virtual functions that are on vfio-pci without a driver_override and that nobody
 * has: no journal, no reservation of Proxmox, no open IOMMU group; and whose id is not
 * one that the boot configuration gives to vfio-pci (ids= in modprobe.d or on the
 * kernel's command line).
 */
int new_ids_find(const struct root *root, struct new_ids *ret,
		 struct err *err) _must_check_;

/*
 * Takes the ids of @ids back. No device leaves its driver by that. Not while a start is
 * under way: Proxmox writes an id and binds a moment later. -EBUSY with words then;
 * others: the write failed.
 */
int new_ids_remove(const struct root *root, struct new_ids *ids,
		   struct err *err) _must_check_;
void new_ids_free(struct new_ids *ids);

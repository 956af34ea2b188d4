/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/device.h"
#include "host/holding.h"
#include "spec/spec.h"

/* A function of the host as seen for one machine. */
struct fact {
	struct device device;
	int slot;    /* N of hostpciN that names it, or whose group it shares */
	bool wanted; /* named by the configuration; else a sibling of one that is */
};

/* An address of the configuration that no function of this host has. */
struct absent {
	unsigned slot;
	char text[24];
};

/* A device that another machine's journal holds. */
struct claim {
	struct bdf bdf;
	uint32_t vmid;
	bool parked; /* its machine has stopped; release gives it back */
};

/* What the plan is made from: a read-only look at the host. */
struct facts {
	bool iommu;	 /* the kernel has one at work */
	bool vfio_ready; /* the driver vfio-pci is there */
	unsigned n;
	struct fact fact[LIMIT_DEVICES]; /* by IOMMU group, then address */
	unsigned absents;
	struct absent absent[LIMIT_SLOTS * LIMIT_ADDRESSES];
	struct holdings holdings;
	struct claim *claim; /* owned */
	size_t claims;
};

/*
 * Finds the devices that @spec names, and their groups, by what can be read without any
 * device lock. -ENOENT: no /sys; -EINVAL: a device named twice.
 */
int facts_resolve(const struct root *root, const struct spec *spec, struct facts **ret,
		  struct err *err) _must_check_;

/* As facts_resolve, and looks who uses them. It changes nothing. */
int facts_gather(const struct root *root, const struct spec *spec, struct facts **ret,
		 struct err *err) _must_check_;
struct facts *facts_free(struct facts *facts);

static inline void facts_freep(struct facts **facts)
{
	*facts = facts_free(*facts);
}

/* NULL: @bdf is not among them. */
const struct fact *facts_find(const struct facts *facts, const struct bdf *bdf);

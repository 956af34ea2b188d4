/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "host/mdev.h"
#include "spec/spec.h"

struct facts;

/* A device on which a mediated device may be made. */
struct mdev_parent {
	char name[LIMIT_NAME]; /* in /sys/class/mdev_bus: "0000:00:02.0" */
	struct bdf bdf;
	int group;	       /* its IOMMU group, -1: none */
	bool offers;	       /* it has types of mediated devices */
	bool by_name;	       /* the wish is a type's human name here */
	char type[LIMIT_NAME]; /* id of the type that is wished for; empty: not there */
	int available;	       /* of that type; -1: not known */
};

/* A hostpciN that is a mediated device. */
struct mdev_fact {
	bool wanted; /* it is made here */
	bool left;   /* Proxmox makes it: only looked at, as its start fails without */
	bool vgpu;   /* it is the name of a vGPU type, which Proxmox does not know */
	struct uuid uuid;
	char type[256]; /* that is wished for, by its folder or its human name */
	unsigned n;
	struct mdev_parent
		parent[LIMIT_PARENTS]; /* in the order in which they are tried */
	struct mdev_seen seen;	       /* what has its UUID already */
	char who[96];		       /* who has that open; empty: nobody */
};

/* The UUID that hostpci@slot has: that of its definition, or the one that Proxmox gives
 * it (qemu-server, generate_mdev_uuid). */
struct uuid mdev_fact_uuid(const struct spec *spec, unsigned slot);

/* The parents that hostpci@slot has a choice of, without a look at what they offer. */
void mdev_fact_resolve(const struct root *root, const struct spec *spec, unsigned slot,
		       struct facts *facts);

/* True if what has its UUID already can be used as it is. */
bool mdev_fact_fits(const struct mdev_fact *fact);

/* Its parent: that of what is there, the first one that may have room, or the first. */
const char *mdev_fact_parent(const struct mdev_fact *fact);

/* What they offer, what there is room for, and what is there already. */
int mdev_fact_look(const struct root *root, struct child *looker, struct mdev_fact *fact,
		   struct err *err) _must_check_;

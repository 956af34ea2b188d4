/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/claim.h"
#include "host/pf.h"
#include "spec/spec.h"

/* One way to give a hostpciN: functions that go together. */
struct way {
	unsigned n;
	struct bdf bdf[LIMIT_DEVICES];
};

struct ways {
	struct way *way; /* owned */
	unsigned n;
};

void ways_free(struct ways *ways);

/*
 * The ways that mapping @name gives on @node, each checked against this host: one that
 * does not fit is fatal even if another would do. -ENOENT: no such mapping, or none for
 * the node; -ENODEV, -ESTALE: see mapping_check; -ENOMEM. A virtual function that does
 * not exist yet fits if one of @pfs (NULL: none) will have it.
 */
int choose_ways(const struct root *root, const struct mappings *mappings,
		const char *node, const char *name, struct pfs *pfs, struct ways *ret,
		struct err *err) _must_check_;

/* What becomes of a hostpciN. */
enum pick_kind {
	PICK_NONE,   /* nothing: not there, or an error */
	PICK_DEVICE, /* its functions are given to the machine */
	PICK_MDEV, /* Proxmox makes a mediated device on the first parent that has room */
	PICK_NVIDIA, /* the function gets a vGPU type and keeps its driver */
};

/* The functions that a hostpciN stands for on this host. */
struct pick {
	enum pick_kind kind;
	bool migration; /* the mapping is live-migration-capable */
	unsigned alternatives;
	unsigned n;
	struct bdf bdf[LIMIT_DEVICES]; /* PICK_MDEV: the parents, in their order */
	char type[LIMIT_NAME];	       /* PICK_NVIDIA: the vGPU type, a number or name */
	bool by_number; /* PICK_MDEV of what has vGPU types, which Proxmox knows by number
			 */
	char passed[480]; /* alternatives before it that are not free; empty: none */
	unsigned skips;
	struct bdf skip[LIMIT_ADDRESSES]; /* the first of them that other machines hold */
	struct err err; /* why Proxmox would not start the machine; code 0: it does */
};

/* An address of the configuration that no function of this host has. */
struct absent {
	unsigned slot;
	char text[24];
};

/* What a configuration stands for on this host. */
struct choice {
	struct pfs *pfs;       /* of the same spec */
	const struct bdf *own; /* what the machine holds already: it is preferred */
	size_t owns;
	struct pick *pick;     /* LIMIT_SLOTS of them, zeroed */
	struct absent *absent; /* room for LIMIT_SLOTS * LIMIT_ADDRESSES */
	unsigned absents;
};

/*
 * Finds the functions of every slot, and chooses where a mapping gives several ways: the
 * first, in the order of the file, whose functions no earlier slot has and nobody in
 * @claims holds (qemu-server, PVE::QemuServer::PCI). Of virtual functions that a policy
 * leaves open, first one that the machine has already, then one that exists, then one
 * that is to be made. What is wrong with one slot stands in its pick. -EINVAL: a device
 * named twice; -ENOMEM.
 */
int choose(const struct root *root, const struct spec *spec, const struct claim *claims,
	   size_t n, struct choice *choice, struct err *err) _must_check_;

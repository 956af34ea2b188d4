/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* A plan on its way (plan.c), and the parts of it that are about settings and resets. */
struct builder {
	const struct spec *spec;
	const struct facts *facts;
	struct plan *plan;
	struct notes *notes;
	int rescan_lane; /* of STAGE_RESCANS */
	int pf_lane;	 /* of STAGE_VFS */
	struct err *err; /* set when a function returns anything but -ENOMEM */
};

int builder_add(struct builder *b, const struct fact *fact, enum step_kind kind,
		enum plan_stage stage, const char *found, const char *want) _must_check_;

/* Physical functions, first of all: as many virtual ones as the machine needs. */
int builder_pfs(struct builder *b, const struct facts *facts) _must_check_;

/* True if policy wants it removed and found again, and it comes from the host. */
bool builder_rescans(const struct builder *b, const struct fact *fact);

/* First of all, so that it is taken back last: what the steps that follow lose. */
int builder_keep(struct builder *b, const struct fact *fact,
		 enum plan_stage stage) _must_check_;
/* Released, removed and found again; nothing for who is not to be. */
int builder_rescan(struct builder *b, const struct fact *fact) _must_check_;
/* While no driver has it: BAR sizes, and what must hold when vfio-pci suspends it. */
int builder_unbound(struct builder *b, const struct fact *fact) _must_check_;
/* What becomes of it when the machine has stopped: enum wish_return. */
int builder_return(const struct builder *b, const struct fact *fact);
/* Bound to vfio-pci, and how it sleeps there. */
int builder_bind(struct builder *b, const struct fact *fact) _must_check_;
/* Instead of all these, for a device that is on vfio already. */
int builder_adopted(struct builder *b, const struct fact *fact) _must_check_;
/*
 * What @wish sets of a virtual function, after the driver: taken back, it is done before
 * the host's driver takes the function again and asks for its address.
 */
int builder_vf(struct builder *b, const struct fact *fact,
	       const struct wish *wish) _must_check_;
/* The same of one of an NVMe controller's: what it needs to work. */
int builder_nvme(struct builder *b, const struct fact *fact,
		 const struct wish *wish) _must_check_;
/* Mediated devices that are made here: held, created, their attributes set. */
int builder_mdevs(struct builder *b) _must_check_;
/* Instead of all these, and of a reset, for one that gets a vGPU type. */
int builder_vgpu(struct builder *b, const struct fact *fact) _must_check_;
int builder_resets(struct builder *b, const struct fact *fact) _must_check_;

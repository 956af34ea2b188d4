/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/step.h"

/* A function that a machine takes: named by it, or sharing the group of one that is; or
 * a mediated device. */
struct hold {
	struct bdf bdf;
	struct uuid mdev; /* on @bdf, if that and not the function is what it takes */
	int slot;
	int group;     /* IOMMU group of @bdf */
	int return_to; /* enum wish_return */
	bool storage;
	bool shared;   /* a physical function: others have virtual functions of it, too */
	bool changing; /* shared: their number is about to change, nobody may count on it
			*/
	bool is_vf;    /* a virtual function, of @vf_of, which is held as well */
	struct bdf vf_of;
	int return_after; /* minutes that it is kept at most, 0: until it is released */
};

/* True if both are the same device. */
bool hold_equal(const struct hold *a, const struct hold *b);
/* True if @step is about the device of @hold. */
bool hold_has(const struct hold *hold, const struct step *step);

struct plan {
	struct step *step; /* owned; by stage, then lane, then order within the lane */
	size_t steps;
	struct hold
		*hold; /* owned; physical functions, then by IOMMU group and address */
	size_t holds;
};

/* Stages of a start: what must be over on a PCI bus before the next may begin there. */
enum plan_stage {
	STAGE_MODULES,
	STAGE_VFS,     /* one physical function after the other, all in one lane */
	STAGE_RESCANS, /* one device after the other, all in one lane */
	STAGE_DRIVERS,
	STAGE_RESETS,
	STAGE_MDEVS,
	_STAGE_MAX,
};

/* Lanes from here on are of functions that are still to be made, by their address. */
enum { LANE_COMING = 1 << 24 };

/* True if virtual functions are to be made: the rest of @plan is only what is expected of
 * them, and is made anew when they are there. */
bool plan_makes_vfs(const struct plan *plan);

extern const char *const plan_stage_words[_STAGE_MAX];

/*
 * The steps from @facts to what @spec wants, without any look at the host. What is left
 * to Proxmox, what a quirk has changed, and why, is said in @notes. -EINVAL: the policy
 * asks for what the device does not have; -ENOMEM.
 */
int plan_build(const struct spec *spec, const struct facts *facts, struct plan *ret,
	       struct notes *notes, struct err *err) _must_check_;
void plan_free(struct plan *plan);

/* Adds a copy; -ENOMEM. */
int plan_add_step(struct plan *plan, const struct step *step) _must_check_;
int plan_add_hold(struct plan *plan, const struct hold *hold) _must_check_;

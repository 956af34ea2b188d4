/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/claim.h"
#include "host/device.h"
#include "spec/spec.h"

/* A physical function, as far as a machine's virtual functions are concerned. */
struct pf {
	struct device device;
	const struct sriov *policy; /* NULL: the host's policy does not name it */
	unsigned total;		    /* virtual functions that the card has at most */
	unsigned offset, stride;    /* from its address to those of its functions */
	uint16_t vf_product;
	char autoprobe[8]; /* sriov_drivers_autoprobe: "1", "0" */
	bool needed;	   /* the machine gets one of its functions */
	bool lacking;	   /* one that does not exist yet */
	int vfs;	   /* how many are wanted by hand; -1: what the policy says */
	int slot;	   /* N of the first hostpciN that does; if needed */
};

/* A step that has changed a physical function for all who share it, as a journal has it.
 */
struct pf_past {
	struct bdf bdf;
	bool own; /* this machine's journal, which takes it back */
	int kind; /* enum step_kind */
	char found[LIMIT_NAME];
	char want[LIMIT_NAME];
};

/* Those that a policy or a machine names, found when the first is asked for. */
struct pfs {
	const struct root *root;
	const struct spec *spec;
	bool known; /* those of the host's policy are in it */
	unsigned n;
	struct pf item[LIMIT_PFS];
};

/* How many virtual functions @pf is to have: what the policy says, else what there are.
 */
unsigned pf_wanted(const struct pf *pf);
/* The address that function @index has, or will have (PCI Express, 9.3.3). */
struct bdf pf_vf_address(const struct pf *pf, unsigned index);
/* The function's number, -1: none of @pf's. */
int pf_vf_index(const struct pf *pf, const struct bdf *vf);

/*
 * The physical function of the host's policy whose virtual function @vf is: one that is
 * there, or one that does not exist yet, but will when there are as many as the policy
 * wants. NULL: none.
 */
struct pf *pfs_of(struct pfs *pfs, const struct bdf *vf);

/* Calls @each for those that @name (pf_name_parse) stands for, by address, until it
 * returns non-zero, and returns that. */
typedef int pfs_entry(void *context, struct pf *pf);
int pfs_each(struct pfs *pfs, const char *name, pfs_entry *each,
	     void *context) _must_check_;

/* All that the host's policy names; -errno: /sys cannot be read. */
int pfs_declared(struct pfs *pfs) _must_check_;
/* All of them, or those that are needed, by address; returns their number. */
unsigned pfs_in_order(const struct pfs *pfs, bool needed,
		      const struct pf *ret[static LIMIT_PFS]);
/* The one at @bdf, added if it is one; NULL: it is no physical function, or too many. */
struct pf *pfs_at(struct pfs *pfs, const struct bdf *bdf);

/* As device_read of a function that does not exist yet: what can be told of it. */
void pf_coming(const struct pf *pf, const struct bdf *vf, struct device *ret);

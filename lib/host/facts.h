/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/choose.h"
#include "host/denylist.h"
#include "host/device.h"
#include "host/holding.h"
#include "host/mdev-fact.h"
#include "host/settings.h"
#include "host/vfs-attribute.h"
#include "host/vgpu-look.h"
#include "spec/spec.h"

/* A function of the host as seen for one machine. */
struct fact {
	struct device device;
	int slot;	 /* N of hostpciN that names it, or whose group it shares */
	bool wanted;	 /* named by the configuration; else a sibling of one that is */
	char direct[64]; /* memory that firmware wants mapped for it one to one (RMRR);
			    empty: none */
	char vgpu_type[LIMIT_NAME]; /* that it is to have: it keeps its driver and is
				       given away as it is; empty: it goes to vfio-pci */
	struct vgpu vgpu;	    /* if it is to have one */
	bool has_vgpu;		    /* it has such types */
	struct settings settings;   /* as far as a plan for it needs them */
	/* What policy declares for it, for no machine: it gets that driver; NULL: what a
	 * machine needs. */
	const struct declared *declared;
	const struct pf *pf; /* of facts.pfs, whose virtual function it is; NULL: none */
	unsigned vf_index;   /* its number of these */
};

/* What the plan is made from: a read-only look at the host. */
struct facts {
	bool iommu;	   /* the kernel has one at work */
	bool driver_ready; /* the driver that they are to get is there */
	bool acs_override; /* the kernel was told to split groups, pcie_acs_override= */
	enum denylist_state denylist;
	unsigned n;
	struct fact fact[LIMIT_DEVICES]; /* by IOMMU group, then address */
	struct pick pick[LIMIT_SLOTS];
	struct mdev_fact mdev[LIMIT_SLOTS];
	unsigned absents;
	struct absent absent[LIMIT_SLOTS * LIMIT_ADDRESSES];
	struct holdings holdings;
	struct pfs pfs;
	struct claim *claim; /* owned; what other machines hold */
	size_t claims;
	struct bdf *own; /* owned; what this machine holds already */
	size_t owns;
	struct pf_past *past; /* owned; in the order in which it was done */
	size_t pasts;
	struct vfs_attribute *vfs_attribute; /* owned; of functions to be made */
	size_t vfs_attributes;
};

/* Without anything; claims may be added before it is resolved. NULL: out of memory. */
struct facts *facts_new(void);

/*
 * Finds the devices that @spec names, or that are chosen where it leaves a choice, and
 * their groups, by what can be read without any device lock. -ENOENT: no /sys; -EINVAL: a
 * device named twice.
 */
int facts_resolve(const struct root *root, const struct spec *spec, struct facts *facts,
		  struct err *err) _must_check_;

/* Instead: the one at @bdf, without its group, is to have what @declared says, which
 * stays valid. */
int facts_declare(const struct root *root, const struct bdf *bdf,
		  const struct declared *declared, struct facts *facts,
		  struct err *err) _must_check_;
/* True if it goes to a guest, or to a driver that gives it to one. */
bool fact_is_for_guest(const struct fact *fact);

/* Looks who uses the devices of resolved @facts. It changes nothing. */
int facts_look(const struct root *root, const struct spec *spec, struct facts *facts,
	       struct err *err) _must_check_;

/* Adds a copy; -ENOMEM. */
int facts_add_claim(struct facts *facts, const struct claim *claim) _must_check_;

/* The same for what the machine itself holds, and for what journals say of the past. */
int facts_add_own(struct facts *facts, const struct bdf *bdf) _must_check_;
int facts_add_past(struct facts *facts, const struct pf_past *past) _must_check_;
/* Some was added of @pf, with that @own. */
bool facts_has_past(const struct facts *facts, const struct bdf *pf, bool own);

/* NULL, or the claim of another machine on @bdf. */
const struct claim *facts_claim(const struct facts *facts, const struct bdf *bdf);
struct facts *facts_free(struct facts *facts);

static inline void facts_freep(struct facts **facts)
{
	*facts = facts_free(*facts);
}

/* Adds what @pf is to allot to the functions that it is to make. */
int vfs_attributes_look(struct child *looker, const struct spec *spec,
			struct facts *facts, const struct pf *pf,
			struct err *err) _must_check_;
/* True if that is to be allotted to @vf before it is made. */
bool facts_allots(const struct facts *facts, const struct fact *vf, const char *name);

/* What policy sets of it: its machine's, else that of its physical function; perhaps in
 * @room. */
const struct wish *fact_wish(const struct spec *spec, const struct fact *fact,
			     struct wish *room);

/* NULL: @bdf is not among them. */
const struct fact *facts_find(const struct facts *facts, const struct bdf *bdf);

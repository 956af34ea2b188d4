/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/child.h"
#include "host/nvme-state.h"
#include "host/vf-state.h"
#include "spec/spec.h"
#include "spec/vf-attribute.h"

struct fact;

/* What a device is set to, where a plan for it may change or lose it. Empty: not there.
 */
struct settings {
	char methods[LIMIT_NAME]; /* reset_method */
	bool has_methods;	  /* there is such an attribute */
	char power[8];		  /* power/control: "on", "auto" */
	char d3cold[8];		  /* d3cold_allowed: "1", "0" */
	char autoprobe[8];	  /* sriov_drivers_autoprobe: "1", "0" */
	struct {
		int bit;	 /* its size; -1: none of those that can be set */
		uint64_t offers; /* sizes that it may have; 0: it is not resizable */
	} bar[BAR_COUNT];
	bool has_module; /* the module that its quirk names is loaded */
	/* A virtual function of which policy sets something. */
	int vf;		/* its number, from 0; -1: it is none */
	bool vf_coming; /* it is still to be made: what is set is not known yet */
	int vf_error;	/* why what is set is not known, a positive errno; 0: it is */
	struct vf_state vf_state;
	bool is_nvme;	/* one of an NVMe controller's, of which is known: */
	int nvme_error; /* why no offer is known, a positive errno; 0: it is */
	struct nvme_offer nvme;
	char vf_attribute[VF_ATTRIBUTES][VF_ATTRIBUTE_VALUE]; /* as policy lists them */
};

/* What is known of it by its id, NULL: nothing. */
const struct quirk *settings_quirk(const struct spec *spec, const struct fact *fact);

/*
 * Instead of settings_look, for a fact that is a virtual function and still to be made:
 * what its card is, as far as its settings need it. What is set of the function is not
 * known: a plan with it can only be shown.
 */
int settings_look_coming(const struct root *root, struct child *looker,
			 const struct spec *spec, struct fact *fact,
			 struct err *err) _must_check_;

/*
 * Reads what policy and quirks make necessary for @fact, through @looker: reading may
 * wake the device up, or wait for who holds its lock. One that is locked is marked so.
 */
int settings_look(const struct root *root, struct child *looker, const struct spec *spec,
		  struct fact *fact, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/child.h"
#include "spec/spec.h"

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
};

/* What is known of it by its id, NULL: nothing. */
const struct quirk *settings_quirk(const struct spec *spec, const struct fact *fact);

/*
 * Reads what policy and quirks make necessary for @fact, through @looker: reading may
 * wake the device up, or wait for who holds its lock. One that is locked is marked so.
 */
int settings_look(const struct root *root, struct child *looker, const struct spec *spec,
		  struct fact *fact, struct err *err) _must_check_;

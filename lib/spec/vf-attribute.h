/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/limits.h"

/*
 * What a graphics card's physical function allots to one of its virtual ones, in files of
 * its own: "profile/exec_quantum_ms=20" (kernel, sysfs-driver-intel-xe-sriov). Whatever
 * files a driver has, now or later: only the form of their names is checked.
 */
enum {
	VF_ATTRIBUTES = LIMIT_WORDS,
	VF_ATTRIBUTE_NAME = 37,
	VF_ATTRIBUTE_VALUE = 21,
	VF_ATTRIBUTE_PATH = 96,
};

struct vf_attribute {
	char name[VF_ATTRIBUTE_NAME]; /* a path that stays below the function's folder */
	char value[VF_ATTRIBUTE_VALUE];
};

/* "NAME=VALUE", or with another @between. -EINVAL: it has not that form. */
int vf_attribute_parse(const char *text, char between,
		       struct vf_attribute *ret) _must_check_;

/* Where it is below the folder of virtual function @index, counted from 0: the kernel's
 * drivers count these folders from 1. */
const char *vf_attribute_path(unsigned index, const char *name,
			      char buf[static VF_ATTRIBUTE_PATH]);

/* The same below the folder of the physical function. */
const char *vf_attribute_pf_path(unsigned index, const char *name,
				 char buf[static VF_ATTRIBUTE_PATH]);

/* Its value, of what its file shows: of "low [normal] high" that in brackets. */
const char *vf_attribute_shown(const char *shown, char buf[static VF_ATTRIBUTE_VALUE]);

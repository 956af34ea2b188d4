/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "spec/vf-attribute.h"

/*
 * What a physical function is to allot to a virtual one before it makes it: where nothing
 * is, xe shares out all that it has when it makes them (kernel,
 * sysfs-driver-intel-xe-sriov: vram_quota).
 */
struct vfs_attribute {
	struct bdf pf;
	unsigned index; /* of the virtual function, from 0 */
	char name[VF_ATTRIBUTE_NAME];
	char found[VF_ATTRIBUTE_VALUE], want[VF_ATTRIBUTE_VALUE];
};

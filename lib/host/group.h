/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/limits.h"
#include "base/root.h"

/* Members of an IOMMU group: the kernel hands them out together or not at all. */
struct group {
	unsigned n;
	struct bdf member[LIMIT_DEVICES]; /* by address */
};

/* -E2BIG: more than LIMIT_DEVICES members. */
int group_read(const struct root *root, int number, struct group *ret) _must_check_;

/* True if the kernel has an IOMMU at work (/sys/class/iommu has an entry). */
bool group_iommu_present(const struct root *root);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/pf.h"

/*
 * Virtual functions of those of @pfs that are needed were made: their IOMMU groups have
 * new numbers. What mappings of @node (NULL: this one) say of them that is not so is said
 * in @notes, before a machine that names one is refused.
 */
void mapping_note(const struct root *root, const char *node, const struct pfs *pfs,
		  struct notes *notes);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/vmfile.h"

/* The list of what is to be deleted, "a,!b", in the pending part of a VM's config
 * (pve-guest-common, PVE::AbstractConfig). */

/* -ENOMEM. */
int vmpending_names(const struct vmfile_section *pending,
		    struct vmfile_section *ret) _must_check_;
void vmpending_names_free(struct vmfile_section *names);

int vmpending_add(struct vmfile_section *pending, const char *name) _must_check_;
int vmpending_remove(struct vmfile_section *pending, const char *name) _must_check_;

/* Forgets pending values that are the current ones, and deletions of what is not there.
 * 1: something was forgotten, 0: nothing, -ENOMEM. */
int vmpending_cleanup(struct vmfile *vmfile) _must_check_;

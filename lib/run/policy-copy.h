/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/spec.h"

/*
 * The cluster's policy lies in /etc/pve, which is not there yet when a host boots: its
 * copy in /var/lib/hostpci is, which every start of a machine with devices refreshes.
 */
#define POLICY_COPY "/var/lib/hostpci/hostpci.conf"

/* As spec_load_host, with the copy where the cluster's policy is not there; which one is
 * read, and how old it is, is told in @told. */
int policy_copy_load(const struct root *root, const char *node, struct spec *ret,
		     struct notes *told, struct err *err) _must_check_;

/* Makes the copy what the policy is now; a note says if it was not. Failing is a note. */
void policy_copy_refresh(const struct root *root, struct notes *notes);

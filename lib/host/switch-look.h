/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/*
 * The look LOOK_SWITCH, in a child: rtnetlink answers under a lock that a driver may
 * keep. The interfaces of Open vSwitch's own kind: a switch (ovs-system), which is the
 * master of its ports, and what the host has on one (vmbr0), which the kernel shows no
 * link for. A line with the name of each; those of LIMIT_NETDEVS have room. -ENOSPC: they
 * are more. A moved root has no network: none.
 */
int switch_look(const struct root *root, char *buf, size_t size) _must_check_;

/* There is such a line. */
bool switch_lists(const char *text, const char *name);

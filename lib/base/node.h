/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

enum { NODE_NAME = 65 };

/*
 * This node's name in its cluster: what /etc/pve/local points to (nodes/NAME), else the
 * host name up to its first dot, as Proxmox has it. Returns @buf, empty if there is none.
 */
const char *node_name(const struct root *root, char buf[static NODE_NAME]);

/* A host name without dots, as Proxmox names nodes. */
bool node_is_name(const char *text);

/* There is a cluster, and it has no node of this name, which is one. */
bool node_is_unknown(const struct root *root, const char *name);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"

/* Settings of a slot that contradict each other, and what to do. */
struct qemu_conflict {
	char why[128]; /* "has pcie=1, which needs machine: q35" */
	const char *cure;
};

/*
 * True, and @ret, if Proxmox would not start the machine for what hostpci@n says
 * (qemu-server, parse_hostpci_devices and print_hostpci_devices). @facts are resolved.
 */
bool qemu_conflict(const struct spec *spec, const struct facts *facts, unsigned n,
		   struct qemu_conflict *ret);

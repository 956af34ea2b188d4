/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/spec.h"

/*
 * Where hostpciN sits in the guest. Proxmox gives each N its own place, so that a guest's
 * addresses do not change with what else is plugged (qemu-server, the address maps of
 * PVE::QemuServer::PCI).
 */
struct qemu_place {
	char bus[24];
	unsigned addr;
	bool root_port; /* @bus is a root port of its own ... */
	bool own_port;	/* ... that no machine file of Proxmox's has */
};

enum qemu_bus {
	QEMU_BUS_PCI,
	QEMU_BUS_PCIE, /* pcie=1: the machine is q35 */
	QEMU_BUS_IGD,  /* legacy-igd=1: where integrated graphics is on a board */
};

/* @slot is 0..15. */
void qemu_place(const struct machine *machine, unsigned slot, enum qemu_bus bus,
		struct qemu_place *ret);

enum { QEMU_PORT_TEXT = 128, QEMU_BRIDGES = LIMIT_SLOTS + 5 };

/* -device value of the root port of hostpci@slot. */
void qemu_root_port(const struct machine *machine, unsigned slot,
		    char buf[static QEMU_PORT_TEXT]);

/*
 * -device values of what Proxmox's machine files (pve-q35-4.0.cfg, pve-q35.cfg) and its
 * pci-bridge devices provide and the slots in @pci and @pcie (1 << N) use. Returns how
 * many.
 */
unsigned qemu_bridges(const struct machine *machine, unsigned pci, unsigned pcie,
		      char ret[static QEMU_BRIDGES][QEMU_PORT_TEXT]);

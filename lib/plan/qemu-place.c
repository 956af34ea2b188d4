/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/qemu-place.h"

/* Root ports that the machine files have, ich9-pcie-port-1 to 4, at 1c.0 to 1c.3. */
enum { FILE_PORTS = 4, PORTS_PER_SLOT = 8 };

void qemu_place(const struct machine *machine, unsigned slot, enum qemu_bus bus,
		struct qemu_place *ret)
{
	/* Conventional PCI: bus pci.0 or pci.2, on q35 bridges of the machine file. */
	static const unsigned char pci[LIMIT_SLOTS] = {
		0x10, 0x11, 0x1b, 0x1c, 0x0d, 0x0e, 0x0f, 0x10,
		0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
	};
	/* Windows 7 finds no device behind a root port: there it sits on the root. */
	static const unsigned char root[LIMIT_SLOTS] = {
		0x10, 0x11, 0x12, 0x13, 0x09, 0x0a, 0x0b, 0x0c,
		0x0d, 0x0e, 0x0f, 0x15, 0x16, 0x17, 0x18, 0x19,
	};

	*ret = (struct qemu_place){0};
	if (bus == QEMU_BUS_PCIE && machine_is_windows7(machine)) {
		ret->addr = root[slot];
		(void)snprintf(ret->bus, sizeof(ret->bus), "pcie.0");
	} else if (bus == QEMU_BUS_PCIE) {
		ret->root_port = true;
		ret->own_port = slot >= FILE_PORTS;
		(void)snprintf(ret->bus, sizeof(ret->bus), "ich9-pcie-port-%u", slot + 1);
	} else {
		ret->addr = bus == QEMU_BUS_IGD ? 2 : pci[slot];
		(void)snprintf(ret->bus, sizeof(ret->bus), "%s.%d",
			       machine_is_virt(machine) ? "pcie" : "pci",
			       slot < 4 || bus == QEMU_BUS_IGD ? 0 : 2);
	}
}

/* pve-q35.cfg, for machines before 4.0, has an older root port. */
static bool is_old(const struct machine *machine)
{
	static const char q35[] = "pc-q35-";
	const char *s = machine->type;

	return !strncmp(s, q35, sizeof(q35) - 1) && s[sizeof(q35) - 1] < '4' &&
	       s[sizeof(q35)] == '.';
}

void qemu_root_port(const struct machine *machine, unsigned slot,
		    char buf[static QEMU_PORT_TEXT])
{
	bool file = slot < FILE_PORTS, old = file && is_old(machine);
	unsigned n = file ? slot : slot - FILE_PORTS;
	unsigned device = file ? 0x1c : 0x10 + n / PORTS_PER_SLOT;

	(void)snprintf(buf, QEMU_PORT_TEXT,
		       "%s,id=ich9-pcie-port-%u,addr=%x.%x,%smultifunction=on,"
		       "bus=pcie.0,port=%u,chassis=%u",
		       old ? "ioh3420" : "pcie-root-port", slot + 1, device,
		       n % PORTS_PER_SLOT, old ? "" : "x-speed=16,x-width=32,", slot + 1,
		       slot + 1);
}

/* The slot whose port is function 0 beside the port of @slot. */
static unsigned first_port(unsigned slot)
{
	if (slot < FILE_PORTS)
		return 0;
	return slot - (slot - FILE_PORTS) % PORTS_PER_SLOT;
}

/*
 * The ports of Proxmox's file, and function 0 of every other device that has one:
 * firmware and guests look for the other functions only if they find that one (PCI Local
 * Bus 3.0, 3.2.2.3.4).
 */
static unsigned add_ports(const struct machine *machine, unsigned pcie,
			  char ret[static QEMU_BRIDGES][QEMU_PORT_TEXT])
{
	unsigned need = 0, n = 0;

	for (unsigned slot = 0; slot < LIMIT_SLOTS; slot++) {
		if (!(pcie & 1U << slot))
			continue;
		if (slot < FILE_PORTS)
			need |= 1U << slot;
		if (!(pcie & 1U << first_port(slot)))
			need |= 1U << first_port(slot);
	}
	for (unsigned slot = 0; slot < LIMIT_SLOTS; slot++)
		if (need & 1U << slot)
			qemu_root_port(machine, slot, ret[n++]);
	return n;
}

unsigned qemu_bridges(const struct machine *machine, unsigned pci, unsigned pcie,
		      char ret[static QEMU_BRIDGES][QEMU_PORT_TEXT])
{
	bool bus0 = pci & 0x000f, bus2 = pci & 0xfff0;
	unsigned n = 0;

	if (machine_is_q35(machine)) {
		if (!machine_is_windows7(machine))
			n = add_ports(machine, pcie, ret);
		if (bus0 || bus2)
			(void)snprintf(ret[n++], QEMU_PORT_TEXT,
				       "i82801b11-bridge,id=pcidmi,bus=pcie.0,addr=1e.0");
		if (bus0)
			(void)snprintf(ret[n++], QEMU_PORT_TEXT,
				       "pci-bridge,id=pci.0,chassis_nr=1,bus=pcidmi,"
				       "addr=1.0");
		if (bus2)
			(void)snprintf(ret[n++], QEMU_PORT_TEXT,
				       "pci-bridge,id=pci.2,chassis_nr=3,bus=pcidmi,"
				       "addr=3.0");
	} else if (bus2) {
		const char *bus = machine_is_virt(machine) ? "pcie" : "pci";

		(void)snprintf(ret[n++], QEMU_PORT_TEXT,
			       "pci-bridge,id=%s.2,chassis_nr=2,bus=%s.0,addr=0x1f", bus,
			       bus);
	}
	return n;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"

/* What the QEMU arguments depend on besides the devices. */
struct machine {
	char type[48];	 /* type of "machine:", empty: i440fx, on aarch64 virt */
	char ostype[16]; /* empty: other */
	bool template;
	bool ovmf;			 /* "bios: ovmf" */
	bool aarch64;			 /* "arch: aarch64" */
	char vga[16];			 /* type of "vga:", empty: the default */
	bool vga_none;			 /* "vga: none", written just so */
	unsigned bootindex[LIMIT_SLOTS]; /* of hostpciN in "boot: order=", 0: none */
};

static inline bool machine_is_windows7(const struct machine *machine)
{
	return !strcmp(machine->ostype, "win7");
}

/* As Proxmox judges: anything with q35 in its type (PVE::QemuServer::Machine). */
static inline bool machine_is_q35(const struct machine *machine)
{
	return strstr(machine->type, "q35") != NULL;
}

/* The part of the address map that is not called pci but pcie (aarch64's own machine). */
static inline bool machine_is_virt(const struct machine *machine)
{
	return machine->aarch64 &&
	       (!machine->type[0] || !strncmp(machine->type, "virt", 4));
}

/*
 * Stores the line "@key: @value" of a VM config. 1: it is one of the machine's, 0: it is
 * somebody else's. -EINVAL with words, and @machine as it was: Proxmox's reader drops
 * this value (qemu-server, the formats of these keys).
 */
int machine_store(struct machine *machine, const char *key, const char *value,
		  struct err *err) _must_check_;

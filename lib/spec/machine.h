/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"

/* What the QEMU arguments depend on besides the devices. */
struct machine {
	char type[48];	 /* type of "machine:", empty: i440fx, on aarch64 virt */
	char ostype[16]; /* cut to fit; empty: other */
	bool template;
	bool ovmf;			 /* "bios: ovmf" */
	bool aarch64;			 /* "arch: aarch64" */
	char vga[16];			 /* type of "vga:", empty: the default */
	bool vga_given;			 /* there is a line "vga:" */
	bool vga_none;			 /* "vga: none", written just so */
	unsigned bootindex[LIMIT_SLOTS]; /* of hostpciN in "boot: order=", 0: none */
};

/* As Proxmox judges: anything with q35 in its type (PVE::QemuServer::Machine). */
static inline bool machine_is_q35(const struct machine *machine)
{
	return strstr(machine->type, "q35") != NULL;
}

/* The version of Windows that "ostype:" stands for, 5 being XP and its kin; 0: another
 * system (qemu-server, windows_version). */
unsigned machine_windows(const struct machine *machine);

/*
 * Stores the line "@key: @value" of a VM config. 1: it is one of the machine's, 0: it is
 * somebody else's. -EINVAL with words, and @machine as it was: Proxmox's reader drops
 * this value, or -ENOMEM.
 */
int machine_store(struct machine *machine, const char *key, const char *value,
		  struct err *err) _must_check_;

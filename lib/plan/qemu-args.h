/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"

/* Where Proxmox looks for romfile= (qemu-server); it neither checks nor cleans the name.
 */
#define ROM_FOLDER "/usr/share/kvm"

/* A function that a slot of the configuration stands for. */
struct qemu_chosen {
	unsigned slot;
	struct bdf bdf;
	char name[LIMIT_NAME]; /* its address; of a parent elsewhere, its name */
};

/* The words that Proxmox adds to QEMU's command line for the passthrough devices of a
 * machine, and what else it decides by them. */
struct qemu_args {
	char **word; /* owned, as its strings */
	size_t n;
	unsigned chosen_n;
	struct qemu_chosen chosen[LIMIT_DEVICES]; /* by slot, then as configured */
	bool kvm_off;				  /* the guest shall not see KVM */
	bool gpu_passthrough;
	bool legacy_igd;
	char vga[16]; /* the display beside them: "std", "none", ... */
};

/*
 * The arguments of @spec on the host in @facts. @standalone adds the root ports and
 * bridges that they use, for a QEMU that is started without Proxmox's machine files.
 * -EINVAL: the configuration contradicts itself, -ENODEV, -ESTALE, -ENOENT, -EBUSY: a
 * device is not there, is not what its mapping says, or none is free; -ENOMEM.
 */
int qemu_args_build(const struct spec *spec, const struct facts *facts, bool standalone,
		    struct qemu_args *ret, struct err *err) _must_check_;
void qemu_args_free(struct qemu_args *args);

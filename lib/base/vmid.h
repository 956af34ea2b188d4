/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"

/* A machine's number as Proxmox defines it (pve-common, format pve-vmid). */
enum { VMID_MIN = 100, VMID_MAX = 999999999, VMID_TEXT = sizeof("999999999") };

/* "VM 100"; 0 is no machine: "the host". */
enum { VMID_OWNER = 16 };
#define OWNER(vmid) vmid_owner((vmid), (char[VMID_OWNER]){0})
const char *vmid_owner(uint32_t vmid, char buf[static VMID_OWNER]);

/* -EINVAL: no number, a leading zero, or out of range. */
int vmid_parse(const char *text, uint32_t *ret) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"

/* A machine's number as Proxmox defines it (pve-common, format pve-vmid). */
enum { VMID_MIN = 100, VMID_MAX = 999999999, VMID_TEXT = sizeof("999999999") };

/* -EINVAL: no number, a leading zero, or out of range. */
int vmid_parse(const char *text, uint32_t *ret) _must_check_;

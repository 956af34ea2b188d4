/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/err.h"
#include "base/limits.h"

/*
 * What host= names: a function ("0000:01:00.0") or, without the last part, every function
 * of a slot ("0000:01:00"). Kept as text with its domain: Proxmox takes 01:00.f and 01:ff
 * as well formed, only no device has such a name (qemu-server, PVE::QemuServer::PCI).
 */
struct address {
	char text[24];
	bool whole_slot;
};

struct address_list {
	unsigned n;
	struct address item[LIMIT_ADDRESSES];
};

/* True if one of @list names @bdf: the function itself, or its whole slot. */
bool address_list_has(const struct address_list *list, const struct bdf *bdf);

/* Parses "ADDRESS[;ADDRESS...]". -EINVAL, -E2BIG. */
int address_list_parse(const char *text, struct address_list *ret,
		       struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/mapping.h"

/* The values of mapping/pci.cfg; for mapping.c. */
enum { MAPPING_DESCRIPTION = 4096 }; /* bytes */

/*
 * Parses the value of a "map" line, "id=...,node=...,path=...". @ret's text and fields
 * are the caller's. -EINVAL with words: Proxmox drops it; -ENOMEM.
 */
int mapping_line_parse(const char *value, struct mapping_map *ret,
		       struct err *err) _must_check_;

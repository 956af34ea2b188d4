/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/notes.h"
#include "base/root.h"
#include "spec/address.h"

/*
 * Proxmox's cluster-wide names for devices, mapping/pci.cfg: a section a name, in it
 * "map" lines, each one way to give the device on one node (pve-guest-common,
 * PVE::Mapping::PCI; pve-common, PVE::SectionConfig).
 */
struct mapping_map {
	unsigned line;
	char *text;   /* owned: as it is written */
	char *fields; /* owned: holds what follows; NULL: not given */
	const char *node;
	const char *path; /* one function, all of a slot, or several, with ';' */
	const char *id;	  /* what the host must show of the device: "8086:1520" */
	const char *subsystem;
	const char *iommugroup; /* compared as text, as Proxmox does */
	const char *description;
	struct address_list paths;
};

struct mapping {
	char *name; /* owned */
	unsigned line;
	bool rejected;	   /* Proxmox knows nothing but its name */
	bool damaged;	   /* Proxmox drops something of it: see the notes */
	char *description; /* owned; NULL: none */
	bool has_mdev, mdev;
	bool has_migration, migration; /* live-migration-capable */
	struct mapping_map *map;       /* owned; in the order of the file */
	size_t maps;
};

struct mappings {
	char file[64];
	struct mapping *item; /* owned; in Proxmox's order */
	size_t n;
	struct notes notes; /* what Proxmox drops, with file and line */
};

/*
 * Reads /etc/pve/mapping/pci.cfg, else /etc/hostpci/mapping/pci.cfg; no file is no
 * mapping. What Proxmox drops with a warning is dropped and noted. -EINVAL, -EFBIG and
 * others: a file that cannot be used.
 */
int mappings_load(const struct root *root, struct mappings *ret,
		  struct err *err) _must_check_;
/* As mappings_load, from @text (@size bytes, NUL-terminated), which is changed. */
int mappings_parse(char *text, size_t size, const char *file, struct mappings *ret,
		   struct err *err) _must_check_;
void mappings_free(struct mappings *mappings);

/* NULL: there is no section of that name. */
const struct mapping *mappings_find(const struct mappings *mappings, const char *name);

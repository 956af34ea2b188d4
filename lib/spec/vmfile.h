/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/notes.h"
#include "spec/vmtext.h"

/*
 * A VM's config file as Proxmox's reader understands it (qemu-server,
 * PVE::QemuServer::parse_vm_config) and its writer writes it: every section with what is
 * kept of it, and a note for each thing that is not. Values may hold NULs.
 */
struct vmfile_entry {
	char *key; /* owned */
	struct vmtext value;
	unsigned line; /* 0: it did not come from the file */
};

/* Sorted by key. The description is an entry like others, decoded. */
struct vmfile_section {
	char *name; /* owned; NULL: the current or the pending configuration */
	struct vmfile_entry *entry;
	size_t n;
};

/* Sorted by name. */
struct vmfile_sections {
	struct vmfile_section *item;
	size_t n;
};

struct vmfile {
	struct vmfile_section current;
	struct vmfile_section pending; /* with "delete", a list */
	struct vmfile_sections special;
	struct vmfile_sections snapshots;
	struct notes dropped; /* what a rewrite loses: "FILE:LINE: what" */
};

/* -ENOMEM. */
int vmfile_parse(const char *text, size_t size, const char *file, struct vmfile *ret,
		 struct err *err) _must_check_;
void vmfile_free(struct vmfile *vmfile);

/* As Proxmox writes it; the caller frees *@ret. -EINVAL with words: Proxmox fails to. */
int vmfile_write(struct vmfile *vmfile, struct vmtext *ret, struct err *err) _must_check_;

/* NULL: not there. */
const struct vmtext *vmfile_get(const struct vmfile_section *section, const char *key);
/* As Perl judges: there, and neither empty nor "0". */
bool vmfile_is_true(const struct vmfile_section *section, const char *key);
/* -ENOMEM. */
int vmfile_set(struct vmfile_section *section, const char *key, const void *value,
	       size_t size, unsigned line) _must_check_;
void vmfile_unset(struct vmfile_section *section, const char *key);
/* NULL: there is none. */
struct vmfile_section *vmfile_find(const struct vmfile_sections *sections,
				   const char *name);
/* An empty section @name in its place; NULL: out of memory. */
struct vmfile_section *vmfile_add(struct vmfile_sections *sections, const char *name);

/* True if one of its disks is a cloud-init drive. */
bool vmfile_has_cloudinit(const struct vmfile_section *section);

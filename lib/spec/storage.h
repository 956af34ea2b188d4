/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/* "STORAGE:snippets/NAME", where Proxmox looks for a hookscript. */
struct volume {
	char storage[64];
	char name[256];
};

/* -EINVAL: it is no volume of snippets. */
int volume_parse(const char *text, struct volume *ret) _must_check_;

/*
 * Proxmox's storages, /etc/pve/storage.cfg, as far as they have a folder for snippets
 * (proxmox/pve-storage, PVE::Storage::Plugin; pve-common, PVE::SectionConfig).
 */
struct storage {
	char id[64];
	char type[16];
	char path[1024];   /* empty: it has no folders */
	char folder[1024]; /* of the snippets, below path: content-dirs */
	char content[256]; /* "iso,backup"; empty: none */
	char nodes[1024];  /* empty: all */
	bool snippets;	   /* content has them */
	bool disabled;
	bool shared;  /* the same files on every node */
	bool mounted; /* the path has to be a mount point */
};

struct storages {
	struct storage *item; /* owned; in the order in which they are asked: local first
				 if Proxmox makes it itself */
	size_t n;
};

#define STORAGE_FILE "/etc/pve/storage.cfg"
enum { STORAGE_PATH = 2304 };

/* Without a file, or a sensible section for it, there is local all the same. -EINVAL and
 * others with words: a file that cannot be used. */
int storages_load(const struct root *root, struct storages *ret,
		  struct err *err) _must_check_;
/* As storages_load, from @text (@size bytes, NUL-terminated), which is changed. What
 * Proxmox drops is dropped. */
int storages_parse(char *text, size_t size, const char *file, struct storages *ret,
		   struct err *err) _must_check_;
void storages_free(struct storages *storages);

/* NULL: there is none of that name. */
const struct storage *storages_find(const struct storages *storages, const char *id);

/* It may be used on @node, and holds files. */
bool storage_is_usable(const struct storage *storage, const char *node);

/*
 * Where a hookscript for machines of @node goes: into the storage @id, or, if it is NULL,
 * into the first one with snippets, a local one if there is one, for a start must not
 * wait for a network. -ENOENT with the command that helps.
 */
int storages_pick(const struct storages *storages, const char *id, const char *node,
		  const struct storage **ret, struct err *err) _must_check_;

/* The folder of the snippets. */
const char *storage_folder(const struct storage *storage, char buf[static STORAGE_PATH]);

/* The file that @hook names: a volume or a full path. -ENOENT with words: there is no
 * such storage; -EINVAL: it has no folders. */
int storage_resolve(const struct storages *storages, const char *hook,
		    char ret[static STORAGE_PATH], struct err *err) _must_check_;

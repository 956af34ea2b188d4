/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"
#include "base/vmid.h"
#include "spec/vmtext.h"

/* Where a VM's config is: in the cluster file system, else in /etc/hostpci. */
struct vmstore {
	char folder[128];
	char name[72]; /* VMID.conf */
	char path[192];
};

/* Reads it into *@ret, which the caller frees. @node NULL: this one. -ENOENT with words:
 * there is no such VM. */
int vmstore_read(const struct root *root, const char *node, uint32_t vmid,
		 struct vmstore *ret_store, struct vmtext *ret,
		 struct err *err) _must_check_;

/*
 * Replaces the file in one step: a new file that is renamed, as pmxcfs has no links and
 * no locks of its own but atomic renames. -EROFS with words: the cluster has no quorum.
 */
int vmstore_replace(const struct root *root, const struct vmstore *store,
		    const struct vmtext *text, struct err *err) _must_check_;

/* Says why a file of a configuration cannot be written; returns -@code, -EROFS without
 * quorum. */
int vmstore_error(const char *path, int code, struct err *err);

/*
 * The VMs of node @node (NULL: this one), in order; the caller frees *@ret. No folder is
 * no VM; others with words.
 */
int vmstore_list(const struct root *root, const char *node, uint32_t **ret, size_t *ret_n,
		 struct err *err) _must_check_;

/* The same of the machines that this node has a policy of its own for, whether or not
 * there is a config. */
int vmstore_list_policies(const struct root *root, uint32_t **ret, size_t *ret_n,
			  struct err *err) _must_check_;

/* Takes Proxmox's own lock of that VM's config, waiting 10 s as qm does; the descriptor
 * to close. -EBUSY with words. */
int vmstore_lock(const struct root *root, uint32_t vmid, struct err *err) _must_check_;

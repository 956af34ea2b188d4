/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/storage.h"

/*
 * Which node of the cluster has hostpci, and where its stub is: each node keeps a small
 * file about itself, /etc/pve/hostpci/installed/NODE.
 */
struct installed {
	char version[32];
	char stub[STORAGE_PATH];
};

/* Writes that of @node, if it says something else now. -EROFS with words: the cluster has
 * no quorum. */
int installed_write(const struct root *root, const char *node,
		    const struct installed *installed, struct err *err) _must_check_;
/* -ENOENT: nothing is known of @node; others: its file says nothing. */
int installed_read(const struct root *root, const char *node,
		   struct installed *ret) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/proc.h"

/* A device file that somebody may have open. */
struct node {
	char path[96];	       /* "/dev/dri/card0" */
	unsigned major, minor; /* both 0: not known, the path alone tells */
};

/* Process @pid has node @index open; non-zero ends the look. */
typedef int opener_found(void *context, size_t index, pid_t pid);

/*
 * Calls @found for each process that has one of @node (@n) open, once a process and node.
 * Containers may know a node by another path: where its number is known, that and the
 * last part of the path up to its first digit count. -errno: /proc cannot be read.
 */
int opener_each(const struct root *root, const struct node *node, size_t n,
		opener_found *found, void *context) _must_check_;

/* "pid 12 (qemu-system-x86)" */
const char *opener_name(const struct root *root, pid_t pid, char *buf, size_t size);

/* Who has @device (a path below /dev) open, as opener_name; "" if nobody is found. */
const char *opener_first(const struct root *root, const char *device, char *buf,
			 size_t size);

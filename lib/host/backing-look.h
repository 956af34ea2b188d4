/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/*
 * What of the kernel stands on block devices without a claim, a holder or a process that
 * shows it: loop devices, and namespaces that the NVMe target gives to others. @request
 * has at most LIMIT_NODES of them, as open_look_line() writes them; the answer is a line
 * "INDEX WHO" ("0 /dev/loop0") for the first on each, as many as @buf holds.
 */
int backing_look(const struct root *root, const char *request, char *buf,
		 size_t size) _must_check_;

/* The next line of such an answer; false: there is none. */
bool backing_look_next(const char **text, size_t *ret_node, char *ret_who, size_t size);

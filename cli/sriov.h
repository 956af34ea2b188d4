/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"
#include "host/pf.h"

/* Lets the one at @pf have @vfs virtual functions, -1: as many as policy says, and tells
 * what came of it: as text, or as *@ret, which the caller prints. */
int sriov_apply(struct context *context, const struct spec *spec, const char *what,
		const struct bdf *pf, int vfs, struct json_object **ret);

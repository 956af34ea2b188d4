/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"

/* "05:00.0" is 0000:05:00.0; other parents go by their names. False: it offers no
 * mediated devices. */
bool mdev_find_parent(const struct context *context, const char *text,
		      char ret[static LIMIT_NAME], struct err *err);

/* Prints what parents offer, or the devices that are there; the exit code. */
int mdev_show(struct context *context, bool types);

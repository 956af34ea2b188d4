/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/child.h"

/* Looks that may block in the kernel, for a child (base/child.h). Paths begin with '/'.
 */
enum look_op {
	LOOK_READ = 1,	 /* an attribute of /sys: its text without the last newline */
	LOOK_LINK,	 /* a link of /sys: the last part of its target, "" for none */
	LOOK_EXISTS,	 /* "yes" or "" */
	LOOK_CONFIG,	 /* a device's config file: the vendor id, four digits */
	LOOK_GROUP_BUSY, /* /dev/vfio/N: "busy" if another process has it open, or "" */
	LOOK_CLAIM,   /* a block device: "busy" if the kernel's claim is taken, or "" */
	LOOK_POOL,    /* a block device: the ZFS pool that it belongs to, or "" */
	LOOK_DIRECT,  /* a group's reserved_regions: its first of type direct, or "" */
	LOOK_OPENERS, /* device files, opener.h: a line "NUMBER PID" for each that is open
		       */
	LOOK_NET,     /* network interfaces, net-look.h: what leads over them */
	_LOOK_MAX,
};

/* Answers one request; -EINVAL for an operation that is no look. */
void look_handle(const struct root *root, const struct child_request *request,
		 struct child_reply *reply);

/* Fills in a request. */
void look_request(struct child_request *request, enum look_op op, const char *fmt, ...)
	_printf_(3, 4);

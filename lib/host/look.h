/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/child.h"

/* Looks that may block in the kernel, for a child (base/child.h). Paths begin with '/'.
 */
enum look_op {
	LOOK_READ = 1,	 /* an attribute of /sys: its text without the last newline */
	LOOK_LINK,	 /* a link of /sys: the last part of its target, "" for none */
	LOOK_EXISTS,	 /* "yes" or "" */
	LOOK_TEXT,	 /* as LOOK_READ, "" if there is no such attribute to read */
	LOOK_DEVICE,	 /* a device: "8086:10c9 group 14", the ids as its configuration
			    space answers, and " vfio" if it is on a vfio driver; "" if it
			    is not there */
	LOOK_BAR,	 /* a device's resource, and a BAR's number: its size, as the n of
			    2^n MiB; "" if it is none of those */
	LOOK_GROUP_BUSY, /* /dev/vfio/N, and a device of it: "busy" if another process has
			    the group open, the node if it has the device open, or "" */
	LOOK_DISKS,	 /* a device: the first of its disks that is in use, or "" */
	LOOK_VFS,      /* a physical function: how many virtual ones it has, once they can
			  be seen, at most LIMIT_LINKS_MS later; " links N": only so
			  many can; " late N": so many lack their network interface */
	LOOK_VFS_BUSY, /* a physical function: who uses a virtual one, or "" */
	LOOK_CLAIM,    /* a block device: "busy" if the kernel's claim is taken, or "" */
	LOOK_POOL,     /* a block device: the ZFS pool that it belongs to, or "" */
	LOOK_DIRECT,   /* a group's reserved_regions: its first of type direct, or "" */
	LOOK_OPENERS, /* device files, opener.h: a line "NUMBER PID" for each that is open
		       */
	LOOK_VGPU,    /* a device, and a vGPU type: what vgpu-look.h says */
	LOOK_NET,     /* network interfaces, net-look.h: what leads over them */
	LOOK_VF,      /* a virtual function, or its physical one: vf-state.h */
	LOOK_NVME,    /* a virtual function of an NVMe controller: nvme.h */
	LOOK_MDEV,    /* a mediated device below its parent: as mdev_seen_format */
	LOOK_MDEV_BUSY, /* a mediated device: as LOOK_GROUP_BUSY, the node in any case */
	LOOK_BACKINGS,	/* what stands on block devices unseen: backing-look.h */
	LOOK_SWITCH,	/* the interfaces of Open vSwitch: switch-look.h */
	_LOOK_MAX,
};

/* Answers one request; -EINVAL for an operation that is no look. */
void look_handle(const struct root *root, const struct child_request *request,
		 struct child_reply *reply);

/* Fills in a request. */
void look_request(struct child_request *request, enum look_op op, const char *fmt, ...)
	_printf_(3, 4);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/spec.h"

/* It says which device it is: host, mapping, vf-of, or an mdev that is a UUID. */
bool slot_has_source(const struct wish *wish);

/*
 * What Proxmox takes for the value of a hostpciN line, and no machine starts with: -E2BIG
 * and -ERANGE with words if @value is more than our limits; a note, which begins with
 * @what, if it names no device. One that Proxmox does not take is none of its business.
 */
int slot_value_check(const char *value, const char *what, struct notes *notes,
		     struct err *err) _must_check_;

/*
 * What only the whole of a hostpciN shows, once the VM config and all policies are read:
 * a device must not become another one, or none, because a part of its group is missing.
 * -EINVAL, with file and line. A group that only adds settings to a line that is not
 * there (any more) is a note, and is emptied. A device that only a policy names, of a
 * machine that Proxmox starts, is a note, and the first one spec.rejected.
 */
int slots_check(struct spec *spec, struct err *err) _must_check_;

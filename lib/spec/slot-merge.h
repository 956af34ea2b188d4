/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/spec.h"

/*
 * Takes what @group, a group hostpciN of a policy, sets into slot @n, whose group_file
 * and group_line say where it stands. Where Proxmox reads a line of the same name, that
 * line alone says which device the guest gets and how it sees it: -EINVAL if @group names
 * another one, or another mdev; what else of the line it contradicts is a note, and not
 * taken.
 */
int slot_merge(struct spec *spec, unsigned n, const struct wish *group,
	       struct err *err) _must_check_;

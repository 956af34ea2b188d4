/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json.h>

#include "base/child.h"

/* True if @name is a function whose driver has vGPU types (vgpu-look.h). */
bool mdev_vgpu_has(const struct root *root, const char *name);

/*
 * Adds a row to @rows for each vGPU type that the function @parent, or with NULL every
 * one of this host, offers or has. Reads through @looker, as the driver may lock.
 * -ETIMEDOUT.
 */
int mdev_vgpu_types(const struct root *root, struct child *looker, const char *parent,
		    struct json_object *rows) _must_check_;

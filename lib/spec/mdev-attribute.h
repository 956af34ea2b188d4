/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/limits.h"

/*
 * An attribute of a mediated device, "nvidia/vgpu_params=frame_rate_limiter=0": a file in
 * its folder of sysfs, or in a folder below it, and what is written to it.
 */
struct mdev_attribute {
	char name[LIMIT_NAME];
	char value[LIMIT_VALUE];
};

/* False: it has another form, is too long, or names what is no setting of the device
 * ("remove", "driver/unbind"). */
bool mdev_attribute_parse(const char *text, struct mdev_attribute *ret);
bool mdev_attribute_valid(const char *text);
bool mdev_attribute_name_valid(const char *name);
/* The same for a function with a vGPU type, of which only the vGPU driver's are settable.
 */
bool vgpu_attribute_valid(const char *name);
bool mdev_attribute_value_valid(const char *value);

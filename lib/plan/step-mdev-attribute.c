/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-mdev-attribute.h"

#include <string.h>

#include "host/look.h"
#include "spec/mdev-attribute.h"

static bool attribute_valid(const struct step *step)
{
	return (uuid_is_set(&step->mdev) || vgpu_attribute_valid(step->found)) &&
	       mdev_attribute_name_valid(step->found) &&
	       mdev_attribute_value_valid(step->want);
}

/* Of a mediated device, or of a function that has a vGPU type. */
static const char *path_of(const struct step *step, char buf[static CHILD_PATH])
{
	if (uuid_is_set(&step->mdev))
		(void)snprintf(buf, CHILD_PATH, "/sys/bus/mdev/devices/%s/%s",
			       step->mdev.text, step->found);
	else
		step_device_path(step, step->found, buf);
	return buf;
}

/* It goes with its device, or the type: there is nothing to take back. */
static bool attribute_write(const struct step *step, struct step_write *ret)
{
	(void)path_of(step, ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "%s", step->want);
	return step->direction == STEP_DO;
}

static void attribute_look(const struct step *step, struct child_request *ret)
{
	char path[CHILD_PATH];

	look_request(ret, LOOK_TEXT, "%s", path_of(step, path));
}

/* What it shows need not be what was written (assign_adapter of vfio_ap shows nothing):
 * what a driver does not take it says by the errno. */
static enum step_verdict attribute_judge(const struct step *step, const char *seen,
					 bool written)
{
	return written || !strcmp(seen, step->want) ? STEP_REACHED : STEP_GO;
}

static void attribute_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size, "set %s to '%s'", step->found, step->want);
}

const struct step_ops step_mdev_attribute = {
	.name = "mdev-attribute",
	.deadline_ms = 10000,
	.valid = attribute_valid,
	.write = attribute_write,
	.look = attribute_look,
	.judge = attribute_judge,
	.describe = attribute_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-mdev-attribute.h"

#include <string.h>

#include "host/look.h"
#include "spec/mdev-attribute.h"

static bool attribute_valid(const struct step *step)
{
	return uuid_is_set(&step->mdev) && mdev_attribute_name_valid(step->found) &&
	       mdev_attribute_value_valid(step->want);
}

/* It goes with its device: there is nothing to take back. */
static bool attribute_write(const struct step *step, struct step_write *ret)
{
	(void)snprintf(ret->path, sizeof(ret->path), "/sys/bus/mdev/devices/%s/%s",
		       step->mdev.text, step->found);
	(void)snprintf(ret->value, sizeof(ret->value), "%s", step->want);
	return step->direction == STEP_DO;
}

static void attribute_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_TEXT, "/sys/bus/mdev/devices/%s/%s", step->mdev.text,
		     step->found);
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

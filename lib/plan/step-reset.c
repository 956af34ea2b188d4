/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-reset.h"

#include <errno.h>
#include <string.h>

#include "host/look.h"

/* The kernel resets a device that a running guest holds without a word. */
static bool reset_needs_idle(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_GROUP_BUSY, "/dev/vfio/%d", step->group);
	(void)bdf_format(&step->bdf, ret->value);
	return step->direction == STEP_DO;
}

static bool reset_write(const struct step *step, struct step_write *ret)
{
	step_device_path(step, "reset", ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "1");
	return step->direction == STEP_DO;
}

/* Not at its configuration space, which wakes it up, and it would fall asleep again. */
static void reset_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_EXISTS, "/sys/bus/pci/devices/%s/vfio-dev",
		     BDF(&step->bdf));
}

static void reset_look_after(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_DEVICE, "/sys/bus/pci/devices/%s", BDF(&step->bdf));
}

static bool is_dead(const char *seen)
{
	return !strncmp(seen, "ffff:", 5);
}

/* A device that did not come back answers reads of its configuration space with ones. */
static enum step_verdict reset_judge(const struct step *step, const char *seen,
				     bool written)
{
	if (step->direction == STEP_UNDO)
		return STEP_REACHED;
	if (!written)
		return seen[0] ? STEP_GO : STEP_FOREIGN;
	return is_dead(seen) || !strstr(seen, " vfio") ? STEP_FOREIGN : STEP_REACHED;
}

static void reset_explain(const struct step *step, const char *seen, char *buf,
			  size_t size)
{
	(void)step;
	(void)snprintf(buf, size, "%s",
		       is_dead(seen)
			       ? "it does not answer any more (its configuration space "
				 "reads as ones): only power off and on may bring it back"
			       : "it is not on a vfio driver: only what no host driver "
				 "uses is reset");
}

/* The sound of a graphics card seldom has a reset of its own. */
static bool reset_tolerates(const struct step *step, int code)
{
	return step->none == STEP_NONE_OFF && (code == ENOTTY || code == ENOENT);
}

static void reset_describe(const struct step *step, char *buf, size_t size)
{
	(void)step;
	(void)snprintf(buf, size, "reset");
}

const struct step_ops step_reset = {
	.name = "reset",
	.deadline_ms = 90000,
	.needs_idle = reset_needs_idle,
	.tolerates = reset_tolerates,
	.write = reset_write,
	.look = reset_look,
	.look_after = reset_look_after,
	.judge = reset_judge,
	.explain = reset_explain,
	.describe = reset_describe,
};

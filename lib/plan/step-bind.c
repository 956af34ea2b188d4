/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-bind.h"

#include "host/look.h"
#include "plan/driver-link.h"

/* Unbinding from vfio waits, unkillably, until the last user has closed the device. */
static bool bind_needs_idle(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_GROUP_BUSY, "/dev/vfio/%d", step->group);
	(void)bdf_format(&step->bdf, ret->value);
	return step->direction == STEP_UNDO;
}

static bool bind_write(const struct step *step, struct step_write *ret)
{
	/* vfio-pci lets a device sleep that nobody has open, from the moment it binds
	 * (vfio_pci_core_register_device): a reset would wait until it sleeps, wake it
	 * up, and the look after the reset would wait until it sleeps again. */
	ret->awake = step->awake && step->direction == STEP_DO;
	return driver_link_write(step, step->want, step->direction == STEP_DO, ret);
}

static enum step_verdict bind_judge(const struct step *step, const char *seen,
				    bool written)
{
	(void)written;
	enum step_verdict verdict =
		driver_link_judge(step->want, step->direction == STEP_DO, seen);

	/* Not on our driver any more: there is nothing of ours to take back. */
	return step->direction == STEP_UNDO && verdict == STEP_FOREIGN ? STEP_REACHED
								       : verdict;
}

static void bind_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size,
		       step->direction == STEP_UNDO ? "unbind from %s"
		       : step->awake		    ? "bind to %s, awake"
						    : "bind to %s",
		       step->want);
}

const struct step_ops step_bind = {
	.name = "bind",
	.deadline_ms = 30000,
	.needs_idle = bind_needs_idle,
	/* Who was released for it and is there already (new_id, a rescan) goes back too.
	 */
	.keeps = true,
	.write = bind_write,
	.look = driver_link_look,
	.judge = bind_judge,
	.describe = bind_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-evict.h"

#include <string.h>

#include "base/name.h"
#include "plan/driver-link.h"

/* A device that was found again is at once bound by the driver that knows its ids. */
static bool evict_write(const struct step *step, struct step_write *ret)
{
	const char *driver = ret->seen ? ret->seen : step->found;

	if (step->direction == STEP_UNDO || !name_valid(driver))
		return false;
	return driver_link_write(step, driver, false, ret);
}

static enum step_verdict evict_judge(const struct step *step, const char *seen,
				     bool written)
{
	(void)written;
	/* By driver_override, it may be where it is to be already. */
	if (step->direction == STEP_UNDO || !seen[0] || !strcmp(seen, "vfio-pci"))
		return STEP_REACHED;
	return STEP_GO;
}

/* Who has taken it may have shown them to the host. */
static bool evict_spares_disks(const struct step *step)
{
	(void)step;
	return true;
}

static void evict_describe(const struct step *step, char *buf, size_t size)
{
	(void)snprintf(buf, size, "unbind from %s again",
		       step->found[0] ? step->found : "the driver that took it");
}

const struct step_ops step_evict = {
	.name = "evict",
	.deadline_ms = 60000,
	.spares_disks = evict_spares_disks,
	.write = evict_write,
	.look = driver_link_look,
	.judge = evict_judge,
	.describe = evict_describe,
};

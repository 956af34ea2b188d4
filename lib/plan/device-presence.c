/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/device-presence.h"

#include <string.h>

#include "base/name.h"
#include "host/look.h"

bool device_presence_valid(const struct step *step)
{
	return name_valid(step->found) && !step->want[0];
}

bool device_presence_rescan(const struct step *step, struct step_write *ret)
{
	const char *address = BDF(&step->bdf);

	/* 0000:01 of 0000:01:00.0 */
	(void)snprintf(ret->path, sizeof(ret->path), "/sys/class/pci_bus/%.*s/rescan",
		       (int)(strrchr(address, ':') - address), address);
	(void)snprintf(ret->value, sizeof(ret->value), "1");
	return true;
}

void device_presence_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_DEVICE, "/sys/bus/pci/devices/%s", BDF(&step->bdf));
}

void device_presence_explain(const struct step *step, const char *seen, char *buf,
			     size_t size)
{
	bool same = !strncmp(seen, step->found, strcspn(step->found, " "));

	if (!seen[0])
		(void)snprintf(buf, size,
			       "it has not come back at its address: look at dmesg, and "
			       "for a new address with lspci -D");
	else
		(void)snprintf(buf, size, "%s: '%s' instead of '%s'",
			       same ? "it has come back in another IOMMU group (another "
				      "device came or went meanwhile): try again"
				    : "another device is at its address now",
			       seen, step->found);
}

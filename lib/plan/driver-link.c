/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/driver-link.h"

#include <string.h>

#include "host/look.h"

bool driver_link_write(const struct step *step, const char *driver, bool bind,
		       struct step_write *ret)
{
	(void)snprintf(ret->path, sizeof(ret->path), "/sys/bus/pci/drivers/%s/%s", driver,
		       bind ? "bind" : "unbind");
	(void)bdf_format(&step->bdf, ret->value);
	return true;
}

void driver_link_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_LINK, "/sys/bus/pci/devices/%s/driver", BDF(&step->bdf));
}

enum step_verdict driver_link_judge(const char *driver, bool bind, const char *seen)
{
	bool bound = !strcmp(seen, driver), none = !seen[0];

	if (bind ? bound : none)
		return STEP_REACHED;
	return (bind ? none : bound) ? STEP_GO : STEP_FOREIGN;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/attribute.h"

#include <string.h>

#include "host/look.h"

const char *attribute_target(const struct step *step)
{
	return step->direction == STEP_DO ? step->want : step->found;
}

bool attribute_write(const struct step *step, const char *name, struct step_write *ret)
{
	const char *target = attribute_target(step);

	step_device_path(step, name, ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "%s", target[0] ? target : "\n");
	return true;
}

void attribute_look(const struct step *step, const char *name, struct child_request *ret)
{
	look_request(ret, LOOK_TEXT, "/sys/bus/pci/devices/%s/%s", BDF(&step->bdf), name);
}

enum step_verdict attribute_judge(const struct step *step, const char *seen)
{
	return !strcmp(seen, attribute_target(step)) ? STEP_REACHED : STEP_GO;
}

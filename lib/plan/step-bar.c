/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-bar.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "host/look.h"
#include "plan/attribute.h"
#include "spec/bar-size.h"

/* "0:14": BAR and bit; false: it is not that. */
static bool parse(const char *text, uint64_t *bit)
{
	return text[0] >= '0' && text[0] < '0' + BAR_COUNT && text[1] == ':' &&
	       number_parse(text + 2, BAR_BIT_MAX, bit) == 0;
}

static bool bar_valid(const struct step *step)
{
	uint64_t bit;

	return parse(step->found, &bit) && parse(step->want, &bit) &&
	       step->found[0] == step->want[0];
}

/* Only while no driver has the device (kernel, pci-sysfs.c, resource_resize_store). */
static bool bar_write(const struct step *step, struct step_write *ret)
{
	char name[] = "resource0_resize";

	name[strlen("resource")] = step->want[0];
	step_device_path(step, name, ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "%s", attribute_target(step) + 2);
	return true;
}

static void bar_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_BAR, "/sys/bus/pci/devices/%s/resource", BDF(&step->bdf));
	(void)snprintf(ret->value, sizeof(ret->value), "%c", step->want[0]);
}

static enum step_verdict bar_judge(const struct step *step, const char *seen,
				   bool written)
{
	const char *start = step->direction == STEP_DO ? step->found : step->want;

	(void)written;
	if (!strcmp(seen, attribute_target(step) + 2))
		return STEP_REACHED;
	return !strcmp(seen, start + 2) ? STEP_GO : STEP_FOREIGN;
}

static void bar_describe(const struct step *step, char *buf, size_t size)
{
	uint64_t bit = 0;

	(void)parse(attribute_target(step), &bit);
	(void)snprintf(buf, size, "resize BAR %c to %s", step->want[0],
		       BAR_SIZE((int)bit));
}

const struct step_ops step_bar = {
	.name = "bar",
	.deadline_ms = 20000,
	.aside = step_always,
	.driverless = true,
	.valid = bar_valid,
	.write = bar_write,
	.look = bar_look,
	.judge = bar_judge,
	.describe = bar_describe,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step.h"

#include <string.h>

#include "plan/step-bind.h"
#include "plan/step-module.h"
#include "plan/step-override.h"
#include "plan/step-reset.h"
#include "plan/step-unbind.h"

const struct step_ops *const step_table[_STEP_MAX] = {
	[STEP_MODULE] = &step_module,	  [STEP_UNBIND] = &step_unbind,
	[STEP_OVERRIDE] = &step_override, [STEP_BIND] = &step_bind,
	[STEP_RESET] = &step_reset,
};

/* Drivers whose probe or removal takes longer than the step's own deadline. */
static const struct {
	enum step_kind kind;
	const char *driver;
	int ms;
} slow_drivers[] = {
	{STEP_UNBIND, "amdgpu", 60000},	       {STEP_UNBIND, "nvidia", 60000},
	{STEP_UNBIND, "ice", 60000},	       {STEP_UNBIND, "mlx5_core", 120000},
	{STEP_UNBIND, "megaraid_sas", 120000}, {STEP_UNBIND, "mpt3sas", 120000},
	{STEP_UNBIND, "nvme", 90000},	       {STEP_UNBIND, "qla2xxx", 120000},
};

enum step_kind step_kind_parse(const char *name)
{
	for (int i = 0; i < _STEP_MAX; i++)
		if (!strcmp(step_table[i]->name, name))
			return (enum step_kind)i;
	return _STEP_INVALID;
}

int step_deadline_ms(enum step_kind kind, const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(slow_drivers); i++)
		if (slow_drivers[i].kind == kind &&
		    !strcmp(slow_drivers[i].driver, driver))
			return slow_drivers[i].ms;
	return step_table[kind]->deadline_ms;
}

void step_device_path(const struct step *step, const char *name,
		      char buf[static CHILD_PATH])
{
	(void)snprintf(buf, CHILD_PATH, "/sys/bus/pci/devices/%s/%s", BDF(&step->bdf),
		       name);
}

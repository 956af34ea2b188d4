/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step.h"

#include <errno.h>
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

/* What the kernel means by it (drivers/base/bus.c and dd.c, drivers/pci/pci.c, libkmod).
 */
static const struct {
	enum step_kind kind;
	int code;
	const char *words;
} errno_words[] = {
	{STEP_MODULE, ENOENT,
	 "there is no such module for this kernel: install the package of its modules"},
	{STEP_MODULE, ENOTSUP, "modules are not loaded while the root is moved"},
	{STEP_MODULE, ELIBACC, "libkmod.so.2 cannot be loaded: install libkmod2"},
	{STEP_UNBIND, ENODEV, "it is not on this driver any more"},
	{STEP_UNBIND, ENOENT, "the driver cannot be unbound by hand, or is gone"},
	{STEP_BIND, ENOENT, "the driver is not there: load its module"},
	{STEP_BIND, ENODEV,
	 "the driver does not take it: something else set driver_override, or the "
	 "driver's list of ids lacks it"},
	{STEP_BIND, EBUSY,
	 "the driver says busy: another driver has it, or it has virtual functions "
	 "(sriov_numvfs)"},
	{STEP_BIND, EINVAL,
	 "the driver refuses it (a bridge, or on vfio-pci's list of devices it denies): "
	 "look at dmesg"},
	{STEP_RESET, ENOTTY,
	 "the kernel has no reset method that works for it here: take reset out of the "
	 "policy"},
	{STEP_RESET, ENOENT, "it has no reset: take reset out of the policy"},
};

const char *step_errno_words(const struct step *step, int code)
{
	enum step_kind kind = step->kind;

	/* Taking back an unbind is a bind, and the other way round. */
	if (step->direction == STEP_UNDO && kind == STEP_UNBIND)
		kind = STEP_BIND;
	else if (step->direction == STEP_UNDO && kind == STEP_BIND)
		kind = STEP_UNBIND;
	for (size_t i = 0; i < ARRAY_SIZE(errno_words); i++)
		if (errno_words[i].kind == kind && errno_words[i].code == code)
			return errno_words[i].words;
	return strerror(code);
}

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

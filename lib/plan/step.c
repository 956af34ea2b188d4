/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step.h"

#include <errno.h>
#include <string.h>

#include "base/name.h"
#include "plan/step-autoprobe.h"
#include "plan/step-bar.h"
#include "plan/step-bind.h"
#include "plan/step-d3cold.h"
#include "plan/step-evict.h"
#include "plan/step-keep.h"
#include "plan/step-mdev-attribute.h"
#include "plan/step-mdev.h"
#include "plan/step-methods.h"
#include "plan/step-module.h"
#include "plan/step-numvfs.h"
#include "plan/step-nvme.h"
#include "plan/step-override.h"
#include "plan/step-power.h"
#include "plan/step-remove.h"
#include "plan/step-reprobe.h"
#include "plan/step-rescan.h"
#include "plan/step-reset.h"
#include "plan/step-unbind.h"
#include "plan/step-vf-attribute.h"
#include "plan/step-vf.h"
#include "plan/step-vgpu-type.h"

const struct step_ops *const step_table[_STEP_MAX] = {
	[STEP_MODULE] = &step_module,
	[STEP_UNBIND] = &step_unbind,
	[STEP_OVERRIDE] = &step_override,
	[STEP_BIND] = &step_bind,
	[STEP_RESET] = &step_reset,
	[STEP_KEEP] = &step_keep,
	[STEP_POWER] = &step_power,
	[STEP_D3COLD] = &step_d3cold,
	[STEP_REMOVE] = &step_remove,
	[STEP_RESCAN] = &step_rescan,
	[STEP_EVICT] = &step_evict,
	[STEP_BAR] = &step_bar,
	[STEP_REPROBE] = &step_reprobe,
	[STEP_METHODS] = &step_methods,
	[STEP_VF] = &step_vf,
	[STEP_VF_ATTRIBUTE] = &step_vf_attribute,
	[STEP_VFS_ATTRIBUTE] = &step_vfs_attribute,
	[STEP_NVME] = &step_nvme,
	[STEP_NUMVFS] = &step_numvfs,
	[STEP_AUTOPROBE] = &step_autoprobe,
	[STEP_VGPU_TYPE] = &step_vgpu_type,
	[STEP_MDEV] = &step_mdev,
	[STEP_MDEV_ATTRIBUTE] = &step_mdev_attribute,
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

#define CORRECT_ATTRIBUTES \
	"correct mdev-attributes, or what mdevctl has defined (mdevctl modify)"

/* What the kernel means by it (drivers/base/bus.c and dd.c, drivers/pci/pci.c, libkmod).
 */
struct errno_row {
	enum step_kind kind;
	int code;
	const char *words;
};

static const struct errno_row errno_words[] = {
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
	{STEP_RESET, EINVAL,
	 "a method that the kernel lists for it does not work here: name those that do "
	 "(reset = [ \"flr\" ])"},
	{STEP_BAR, EBUSY, "a driver has it, or it has virtual functions"},
	{STEP_BAR, ENOSPC,
	 "there is no room for it below its bridge: see the firmware's setting for large "
	 "BARs (above 4G decoding)"},
	{STEP_BAR, ENOENT,
	 "its BARs cannot be resized: take bar-sizes out of the policy"},
	{STEP_REMOVE, ENOENT, "it cannot be removed, or is gone already"},
	{STEP_VF, EOPNOTSUPP, "its card's driver cannot do that"},
	{STEP_VF, EPROTONOSUPPORT,
	 "its card's driver has no VLANs of this protocol: take vlan-protocol out of the "
	 "policy"},
	{STEP_VF, EINVAL,
	 "its card's driver refuses the value (a rate: it knows no minimum, or the link "
	 "is "
	 "down or slower)"},
	{STEP_VF, ENOENT, "its card has no network interface any more"},
	{STEP_VF, ENODATA, "its card knows no virtual function of this number any more"},
	{STEP_VF, EBUSY, "its card is busy with it (a reset that does not end?)"},
	{STEP_VF, EAGAIN, "its card is busy with it (a reset that does not end?)"},
	{STEP_VF_ATTRIBUTE, ENOENT, "there is no such file any more"},
	{STEP_VF_ATTRIBUTE, EACCES,
	 "its card's driver lets nobody set it: take it out of vf-attributes"},
	{STEP_VF_ATTRIBUTE, EINVAL, "its card's driver refuses the value"},
	{STEP_VF_ATTRIBUTE, ENOSPC, "its card has not that much left"},
	{STEP_NVME, ENOENT,
	 "its physical function is not on the driver nvme any more, which manages it"},
	{STEP_NVME, ENODATA, "its controller knows no virtual function of this number"},
	{STEP_NVME, EOPNOTSUPP, "its controller has no such management"},
	{STEP_NVME, ENOSPC,
	 "the controller has not that many queues or interrupts left for it: its "
	 "physical "
	 "function or other virtual ones have them, or that is more than one may have"},
	{STEP_NVME, EINVAL, "the controller does not give it that many"},
	{STEP_NVME, EBUSY,
	 "the controller says that it cannot be now: it is not offline, or has too few "
	 "queues or interrupts to be online"},
	{STEP_NVME, EIO, "the controller refuses it: look at dmesg"},
	{STEP_RESCAN, ENOENT, "its bus is gone as well: rescan its bridge, or reboot"},
	{STEP_NUMVFS, EBUSY,
	 "it has virtual functions already: somebody else has just made them"},
	{STEP_NUMVFS, ERANGE,
	 "the card has fewer than that (sriov_totalvfs): correct vfs in hostpci.conf"},
	{STEP_NUMVFS, ENOENT,
	 "it has no driver, or one that makes no virtual functions: bind the driver of "
	 "the physical function"},
	{STEP_NUMVFS, ENOMEM,
	 "there is no room for their memory or bus numbers: switch SR-IOV on in the "
	 "firmware, or add pci=realloc or pci=assign-busses to the kernel's arguments"},
	{STEP_NUMVFS, EPERM,
	 "its driver does not allow it now: look at dmesg (and at the mode of the card, "
	 "devlink dev eswitch show)"},
	{STEP_NUMVFS, EIO, "its driver failed to make them: look at dmesg"},
	{STEP_AUTOPROBE, ENOENT, "it can have no virtual functions"},
	{STEP_VGPU_TYPE, EPERM,
	 "the driver says that it is in use still: whoever has it open must end first"},
	{STEP_VGPU_TYPE, EINVAL,
	 "the driver does not offer this vGPU type now: cat nvidia/creatable_vgpu_types"},
	{STEP_VGPU_TYPE, ENOSPC, "other machines have all the room for vGPUs"},
	{STEP_VGPU_TYPE, ENOENT, "it has no vGPU types (any more)"},
	{STEP_MDEV, ENOSPC, "the parent has no room for another one"},
	{STEP_MDEV, EUSERS, "the parent has no room for another one"},
	{STEP_MDEV, EEXIST, "one with this UUID exists, or is still being removed"},
	{STEP_MDEV, ENODEV, "the parent is just going away"},
	{STEP_MDEV, ENOENT, "the parent does not offer this type any more"},
	{STEP_MDEV_ATTRIBUTE, ENOENT,
	 "this type of mediated device has no such attribute: " CORRECT_ATTRIBUTES},
	{STEP_MDEV_ATTRIBUTE, EACCES,
	 "this attribute cannot be written: " CORRECT_ATTRIBUTES},
	{STEP_MDEV_ATTRIBUTE, EINVAL,
	 "the driver does not take this value: " CORRECT_ATTRIBUTES},
};

/* Where no policy says it: hostpci mdev create. */
static const struct errno_row by_hand_words[] = {
	{STEP_MDEV_ATTRIBUTE, ENOENT,
	 "this type of mediated device has no such attribute: correct --attribute"},
	{STEP_MDEV_ATTRIBUTE, EACCES,
	 "this attribute cannot be written: correct --attribute"},
	{STEP_MDEV_ATTRIBUTE, EINVAL,
	 "the driver does not take this value: correct --attribute"},
};

const char *step_errno_words(const struct step *step, int code)
{
	enum step_kind kind = step->kind;

	/* Taking back an unbind is a bind, and the other way round. */
	if (step->direction == STEP_UNDO && kind == STEP_UNBIND)
		kind = STEP_BIND;
	else if (step->direction == STEP_UNDO && kind == STEP_BIND)
		kind = STEP_UNBIND;
	else if (kind == STEP_VFS_ATTRIBUTE)
		kind = STEP_VF_ATTRIBUTE;
	for (size_t i = 0; step->slot < 0 && i < ARRAY_SIZE(by_hand_words); i++)
		if (by_hand_words[i].kind == kind && by_hand_words[i].code == code)
			return by_hand_words[i].words;
	if (kind == STEP_RESET && step_ops(step)->tolerates(step, code))
		return "no reset method works for this function of the card";
	if (kind == STEP_BAR && step->direction == STEP_UNDO && code == EBUSY)
		return "a driver has it, or it has virtual functions: it goes back when "
		       "its machine has it again and stops, or with hostpci release "
		       "while no driver has it";
	for (size_t i = 0; i < ARRAY_SIZE(errno_words); i++)
		if (errno_words[i].kind == kind && errno_words[i].code == code)
			return errno_words[i].words;
	return strerror(code);
}

const char *step_device(const struct step *step, char buf[static STEP_DEVICE_TEXT])
{
	char slot[16] = "";

	if (step->slot >= 0)
		(void)snprintf(slot, sizeof(slot), "hostpci%d ", step->slot);
	if (uuid_is_set(&step->mdev))
		(void)snprintf(buf, STEP_DEVICE_TEXT, "%smdev %s", slot, step->mdev.text);
	else
		(void)snprintf(buf, STEP_DEVICE_TEXT, "%s%s", slot, BDF(&step->bdf));
	return buf;
}

bool step_same_device(const struct step *a, const struct step *b)
{
	if (uuid_is_set(&a->mdev) || uuid_is_set(&b->mdev))
		return uuid_equal(&a->mdev, &b->mdev);
	return bdf_equal(&a->bdf, &b->bdf);
}

const char *step_awake_path(const struct step_write *write, char buf[static CHILD_PATH])
{
	(void)snprintf(buf, CHILD_PATH, "/sys/bus/pci/devices/%s/power/control",
		       write->value);
	return buf;
}

bool step_always(const struct step *step)
{
	(void)step;
	return true;
}

bool step_undoes(const struct step *step)
{
	struct step undo = *step;
	struct step_write write = {0};

	undo.direction = STEP_UNDO;
	return step_table[step->kind]->write(&undo, &write);
}

bool step_valid(const struct step *step)
{
	const struct step_ops *ops = step_table[step->kind];

	if (ops->valid)
		return ops->valid(step);
	return (!step->found[0] || name_valid(step->found)) &&
	       (!step->want[0] || name_valid(step->want));
}

const char *step_explain(const struct step *step, const char *seen, bool written,
			 char buf[static STEP_WORDS])
{
	const struct step_ops *ops = step_table[step->kind];

	if (ops->explain)
		ops->explain(step, seen, buf, STEP_WORDS);
	else
		(void)snprintf(
			buf, STEP_WORDS, "%s'%.200s'%s",
			written ? "the kernel took the write, but without effect (it "
				  "shows "
				: "it has changed since the look at the host: ",
			seen, written ? ")" : "");
	return buf;
}

const char *step_whose(const struct step *step, char buf[static STEP_WHOSE_TEXT])
{
	if (step->slot < 0)
		(void)snprintf(buf, STEP_WHOSE_TEXT, "%s", BDF(&step->bdf));
	else
		(void)snprintf(buf, STEP_WHOSE_TEXT, "hostpci%d %s", step->slot,
			       BDF(&step->bdf));
	return buf;
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/device.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "host/sysfs.h"

const char *device_path(const struct bdf *bdf, const char *name,
			char buf[static DEVICE_PATH])
{
	(void)snprintf(buf, DEVICE_PATH, "bus/pci/devices/%s%s%s", BDF(bdf),
		       name[0] ? "/" : "", name);
	return buf;
}

static int read_group(const struct root *here)
{
	char name[LIMIT_NAME];
	uint64_t group;

	if (sysfs_link(here, "iommu_group", name, sizeof(name)) < 0 ||
	    number_parse(name, INT32_MAX, &group) < 0)
		return -1;
	return (int)group;
}

static int count_vf(void *context, const char *name)
{
	*(unsigned *)context += !strncmp(name, "virtfn", strlen("virtfn"));
	return 0;
}

/* What is below @here, the device's folder. */
static int read_folder(const struct root *here, struct device *d)
{
	int r;

	d->vendor = (uint16_t)sysfs_number(here, "vendor", 0xffff);
	d->product = (uint16_t)sysfs_number(here, "device", 0xffff);
	d->class_code = sysfs_number(here, "class", 0xffffff);
	/* By what it is, not by class alone: a CardBus bridge has class 0607. */
	d->bridge = sysfs_exists(here, "pci_bus") || d->class_code >> 8 == 0x0604;
	d->group = read_group(here);
	if (sysfs_exists(here, "virtfn0")) {
		/* sriov_numvfs takes the device lock when read; the links do not. */
		r = sysfs_each(here, ".", SYSFS_LINKS, count_vf, &d->vfs);
		if (r < 0)
			return r;
	}
	r = sysfs_link(here, "driver", d->driver, sizeof(d->driver));
	/* A variant driver is known by what it offers, not by its name. */
	d->on_vfio = r == 0 && d->driver[0] &&
		     (!strcmp(d->driver, "vfio-pci") || sysfs_exists(here, "vfio-dev"));
	return r;
}

int device_read(const struct root *root, const struct bdf *bdf, struct device *ret)
{
	struct device d = {.bdf = *bdf};
	struct root here;
	int r = sysfs_enter(root, DEVICE_ATTR(bdf, ""), &here);

	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	r = read_folder(&here, &d);
	sysfs_leave(&here);
	if (r == 0)
		*ret = d;
	return r;
}

bool device_is_storage(const struct device *device)
{
	return device->class_code >> 16 == 0x01;
}

bool device_may_have_disks(const struct device *device)
{
	return device_is_storage(device) || device->class_code >> 8 == 0x0c03 ||
	       device->class_code >> 8 == 0x0805;
}

bool device_is_network(const struct device *device)
{
	return device->class_code >> 16 == 0x02;
}

bool device_is_nvme(const struct device *device)
{
	return device->class_code == 0x010802;
}

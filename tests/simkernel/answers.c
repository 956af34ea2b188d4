/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Linux answers to a write to sysfs: one table, with the source of each answer. Read
 * in Linux 6.12; "seen" was also seen on Debian's 6.12 under QEMU.
 */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* True if another member of the group is on vfio-pci. */
static bool group_on_vfio(const struct device *d)
{
	DIR *dir = opendir(below("sys/kernel/iommu_groups/%s/devices", d->group).s);
	struct device other;
	bool on = false;
	struct dirent *e;

	while (dir && !on && (e = readdir(dir)))
		on = e->d_name[0] != '.' && strcmp(e->d_name, d->address) != 0 &&
		     find(e->d_name, &other) && !strcmp(other.driver, "vfio-pci");
	if (dir)
		closedir(dir);
	return on;
}

static bool group_is_busy(const struct device *d)
{
	char node[64];

	(void)snprintf(node, sizeof(node), "/dev/vfio/%s", d->group);
	return d->group[0] && sim_is_busy(node);
}

/* vfio_register_group_dev(): vfio-dev/vfioN, and with a group's first device its node. */
static void vfio_appear(const struct device *d)
{
	struct path node = below("dev/vfio/%s", d->group);
	char name[32];
	struct path made;
	int n = 0;

	do
		(void)snprintf(name, sizeof(name), "vfio-dev/vfio%d", n++);
	while (exists(below("sys/class/%s", name)));
	made = of(d, name);
	(void)mkdir(of(d, "vfio-dev").s, 0755);
	(void)mkdir(made.s, 0755);
	link_to(made.s + strlen(below("sys/").s), below("sys/class/vfio-dev").s,
		strchr(name, '/') + 1);
	link_to(d->folder.s + strlen(below("sys/").s), made.s, "device");
	/* Any character device will do: /dev/full is one that nobody else has open. */
	if (!exists(node) && mknod(node.s, S_IFCHR | 0600, makedev(1, 7)) < 0)
		write_text(node, "");
}

static void vfio_vanish(const struct device *d)
{
	DIR *dir = opendir(of(d, "vfio-dev").s);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.') {
			(void)unlink(below("sys/class/vfio-dev/%s/device", e->d_name).s);
			(void)unlink(below("sys/class/vfio-dev/%s", e->d_name).s);
			(void)unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
		}
	if (dir)
		closedir(dir);
	(void)rmdir(of(d, "vfio-dev").s);
	if (!group_on_vfio(d))
		(void)unlink(below("dev/vfio/%s", d->group).s);
}

/* The line of `ids` that a driver's dynamic id for the device would be. */
static void id_line(const struct device *d, const char *driver, char buf[static 160])
{
	char vendor[32], product[32];

	read_text(of(d, "vendor"), vendor, sizeof(vendor));
	read_text(of(d, "device"), product, sizeof(product));
	(void)snprintf(buf, 160, "%s %.4s %.4s\n", driver, vendor + 2, product + 2);
}

/* True if file @name of the simulation has the line. */
static bool has_line(const char *name, const char *want)
{
	char line[160];
	bool found = false;
	struct path p;
	FILE *f;

	(void)snprintf(p.s, sizeof(p.s), "%s/%s", sim.folder, name);
	f = fopen(p.s, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = !strcmp(line, want);
	if (f)
		fclose(f);
	return found;
}

/* pci_match_device(): an override matches its driver and no other; vfio-pci's own table
 * is for overrides only. */
static bool matches(const struct device *d, const char *driver)
{
	char native[160], id[160];

	if (d->override[0])
		return !strcmp(d->override, driver);
	(void)snprintf(native, sizeof(native), "%s %s\n", d->address, driver);
	id_line(d, driver, id);
	return has_line("natives", native) || has_line("ids", id);
}

static const char *driver_of(const struct sim_write *write, char buf[static 64])
{
	const char *name = write->path + strlen("sys/bus/pci/drivers/");

	(void)snprintf(buf, 64, "%.*s", (int)strcspn(name, "/"), name);
	return buf;
}

bool find_native(const struct device *d, char driver[static 64])
{
	char line[160];
	bool found = false;
	struct path p;
	FILE *f;

	(void)snprintf(p.s, sizeof(p.s), "%s/natives", sim.folder);
	f = fopen(p.s, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, d->address, strlen(d->address)) &&
			line[strlen(d->address)] == ' ' &&
			snprintf(driver, 64, "%s", line + strlen(d->address) + 1) > 0;
	}
	if (f)
		fclose(f);
	return found;
}

void bind_to(struct device *d, const char *driver)
{
	link_to(below("sys/bus/pci/drivers/%s", driver).s + strlen(below("sys/").s),
		d->folder.s, "driver");
	link_to(d->folder.s + strlen(below("sys/").s),
		below("sys/bus/pci/drivers/%s", driver).s, d->address);
	(void)snprintf(d->driver, sizeof(d->driver), "%s", driver);
	if (strcmp(driver, "vfio-pci") != 0) {
		move_children(d, false);
		vf_probed(d);
		return;
	}
	vfio_appear(d);
	/* vfio_pci_core_register_device: pm_runtime_allow (seen) */
	write_text(of(d, "power/control"), "auto");
}

void unbind_from(struct device *d)
{
	(void)unlink(of(d, "driver").s);
	(void)unlink(below("sys/bus/pci/drivers/%s/%s", d->driver, d->address).s);
	if (strcmp(d->driver, "vfio-pci") != 0) {
		move_children(d, true);
		vf_released(d);
		return;
	}
	vfio_vanish(d);
	/* vfio_pci_core_unregister_device: pm_runtime_forbid (seen) */
	write_text(of(d, "power/control"), "on");
}

static int answer_bind(const struct sim_write *write)
{
	char driver[64];
	struct device d;
	bool vfio = !strcmp(driver_of(write, driver), "vfio-pci");

	if (!find(write->value, &d) || !matches(&d, driver))
		return ENODEV;
	if (d.driver[0])
		return EBUSY;
	if (vfio && d.class_code >> 8 == 0x0604)
		return EINVAL;
	if (vfio && exists(of(&d, "virtfn0")))
		return EBUSY;
	if (!vfio && group_is_busy(&d))
		return EBUSY;
	bind_to(&d, driver);
	return 0;
}

static int answer_unbind(const struct sim_write *write)
{
	const struct timespec moment = {0, 5000000};
	char driver[64];
	struct device d;

	if (!find(write->value, &d) || strcmp(d.driver, driver_of(write, driver)) != 0)
		return ENODEV;
	unbind_from(&d);
	while (!strcmp(driver, "vfio-pci") && group_is_busy(&d))
		nanosleep(&moment, NULL);
	return 0;
}

static int answer_override(const struct sim_write *write)
{
	struct path p = below("%s", write->path);
	char value[sizeof(write->value)];

	(void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(write->value, "\n"),
		       write->value);
	write_text(p, value[0] ? value : "(null)");
	return 0;
}

/* Adds the id, then tries every function that has no driver. */
static int answer_new_id(const struct sim_write *write)
{
	struct sim_write bind = {0};
	char driver[64], path[160];
	struct dirent *e;
	struct path p;
	DIR *dir;
	FILE *f;

	(void)snprintf(p.s, sizeof(p.s), "%s/ids", sim.folder);
	f = fopen(p.s, "ae");
	if (!f)
		return ENOMEM;
	(void)fprintf(f, "%s %.9s\n", driver_of(write, driver), write->value);
	fclose(f);
	(void)snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/bind", driver);
	bind.path = path;
	dir = opendir(below("sys/bus/pci/devices").s);
	while (dir && (e = readdir(dir))) {
		(void)snprintf(bind.value, sizeof(bind.value), "%s", e->d_name);
		if (e->d_name[0] != '.')
			(void)answer_bind(&bind);
	}
	if (dir)
		closedir(dir);
	return 0;
}

/* No device leaves its driver by it. One id at a time is enough for a test. */
static int answer_remove_id(const struct sim_write *write)
{
	char driver[64], want[160];
	struct path p;

	(void)snprintf(want, sizeof(want), "%s %.9s\n", driver_of(write, driver),
		       write->value);
	if (!has_line("ids", want))
		return ENODEV;
	(void)snprintf(p.s, sizeof(p.s), "%s/ids", sim.folder);
	return unlink(p.s) < 0 ? errno : 0;
}

static const struct {
	const char *path; /* glob(7), below the root */
	int (*answer)(const struct sim_write *write);
	const char *source;
} answers[] = {
	{"sys/bus/pci/drivers/*/bind", answer_bind,
	 "drivers/base/bus.c bind_store, dd.c device_driver_attach: ENODEV no match, "
	 "EBUSY "
	 "bound already; vfio_pci_core.c: EINVAL for a bridge, EBUSY for a PF with VFs; "
	 "EBUSY while the group is open elsewhere (seen)"},
	{"sys/bus/pci/drivers/*/unbind", answer_unbind,
	 "bus.c unbind_store: ENODEV not on this driver; vfio_main.c "
	 "vfio_unregister_group_dev: waits for the last close, after the link went "
	 "(seen)"},
	{"sys/bus/pci/drivers/*/new_id", answer_new_id,
	 "drivers/pci/pci-driver.c new_id_store, pci_add_dynid: ends in driver_attach "
	 "(seen)"},
	{"sys/bus/pci/drivers/*/remove_id", answer_remove_id,
	 "pci-driver.c remove_id_store: ENODEV without such an id"},
	{"sys/devices/*/driver_override", answer_override,
	 "drivers/base/driver.c driver_set_override: a newline clears (seen)"},
	{"sys/devices/*/reset", answer_reset,
	 "drivers/pci/pci.c reset_store: only 1; ENOTTY if none of the methods works "
	 "(seen)"},
	{"sys/devices/*/reset_method", answer_reset_method,
	 "pci.c reset_method_store: default looks anew, a newline empties, EINVAL for "
	 "what does not work, and then the list stays (seen)"},
	{"sys/devices/*/power/control", answer_power,
	 "drivers/base/power/sysfs.c control_store: on or auto (seen)"},
	{"sys/devices/*/d3cold_allowed", answer_switch,
	 "drivers/pci/pci-sysfs.c d3cold_allowed_store: a number (seen)"},
	{"sys/devices/*/sriov_drivers_autoprobe", answer_switch,
	 "drivers/pci/iov.c sriov_drivers_autoprobe_store: a boolean (seen)"},
	{"sys/devices/*/sriov_numvfs", answer_numvfs,
	 "drivers/pci/iov.c sriov_numvfs_store: ERANGE beyond sriov_totalvfs, ENOENT "
	 "without a "
	 "driver that makes them, EBUSY from one number to another, success if only a "
	 "part "
	 "came (seen)"},
	{"sys/devices/*/nvme-virt", answer_nvme,
	 "QEMU hw/nvme/ctrl.c nvme_virt_mngmt: resources only while it is offline and as "
	 "far as there are any, online only with 2 queues and an interrupt (seen)"},
	{"sys/devices/*/resource?_resize", answer_resize,
	 "pci-sysfs.c resource_resize_store: EBUSY with a driver bound, EINVAL for a "
	 "size "
	 "that is not offered"},
	{"sys/devices/*/mdev_supported_types/*/create", answer_mdev_create,
	 "drivers/vfio/mdev/mdev_sysfs.c create_store, mdev_core.c mdev_device_create: "
	 "36 or 37 characters, EEXIST also while one is still being removed, ENOSPC "
	 "without room (seen)"},
	{"sys/devices/*-*-*-*-*/remove", answer_mdev_remove,
	 "mdev_sysfs.c remove_store, mdev_device_remove_common: the bus' link goes "
	 "first, "
	 "the folder and the instance when the last user has closed it (seen)"},
	{"sys/devices/*/nvidia/vgpu_params", answer_mdev_params,
	 "the lab's module (lab-mdev.c): EPERM while it is open, EINVAL for what is not "
	 "KEY=VALUE (seen)"},
	{"sys/devices/*/remove", answer_remove,
	 "pci-sysfs.c remove_store: the driver lets go, the device goes (seen)"},
	{"sys/devices/*/netlink/*", answer_vf,
	 "net/core/rtnetlink.c do_setvfinfo: EOPNOTSUPP for what the driver lacks; "
	 "igb_main.c: EPROTONOSUPPORT for 802.1ad, EINVAL for a minimum rate (seen)"},
	{"sys/devices/*/sriov_admin/vf*/*", answer_vf_attribute,
	 "drivers/gpu/drm/xe/xe_sriov_pf_sysfs.c: numbers; EACCES for a priority, which "
	 "is read-only there"},
	{"sys/devices/*/nvidia/current_vgpu_type", answer_vgpu_type,
	 "NVIDIA's vGPU driver, as qemu-server and the lab's module (lab-vgpu.c) know "
	 "it: "
	 "EPERM while it is open, EINVAL for what the list has not; the list is empty "
	 "while there is a type (seen)"},
	{"sys/devices/*/nvidia/vgpu_params", answer_vgpu_params,
	 "the same: EPERM without a type; gone with it (seen)"},
	{"sys/class/pci_bus/*/rescan", answer_rescan,
	 "pci-sysfs.c bus_rescan_store: what is there again has lost its settings, and "
	 "its "
	 "host driver has it before the write ends (seen)"},
};

int answer(const struct sim_write *write)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (fnmatch(answers[i].path, write->path, 0) == 0)
			return answers[i].answer(write);
	/* No program should write anywhere else: no test takes this for a kernel's. */
	return ENOTRECOVERABLE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is below a function in sysfs: disks, which use-block.c looks at, and device files
 * that processes may have open.
 */
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "host/sysfs.h"
#include "host/use.h"

struct folder {
	struct use *use;
	const char *path; /* below /sys */
	unsigned depth;
	bool usb; /* not all of its devices' files matter */
	struct err *err;
};

/* Folders without a device below them; a network card has hundreds. */
static bool is_leaf(const char *name)
{
	static const char *const leaves[] = {
		"power", "queues", "statistics", "msi_irqs", "iommu",  "integrity",
		"link",	 "trace",  "mq",	 "queue",    "wakeup", "firmware"};

	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++)
		if (!strcmp(name, leaves[i]))
			return true;
	return false;
}

/* As the drivers have it (devnode of their classes); all others are in /dev itself. */
static const char *node_folder(const char *subsystem, const char *name)
{
	static const struct {
		const char *subsystem, *name, *folder;
	} rows[] = {
		{"drm", "", "dri/"},
		{"sound", "", "snd/"},
		{"accel", "", "accel/"},
		{"input", "", "input/"},
		{"infiniband_verbs", "", "infiniband/"},
		{"infiniband_mad", "", "infiniband/"},
		{"usbmisc", "hiddev", "usb/"},
		{"usbmisc", "lp", "usb/"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(subsystem, rows[i].subsystem) &&
		    !strncmp(name, rows[i].name, strlen(rows[i].name)))
			return rows[i].folder;
	return "";
}

/* Of USB not all: every keyboard behind a controller is open somewhere. But a device that
 * a machine or a program has for itself, a serial line, a tuner or camera, and what has a
 * driver for one program (an uninterruptible power supply, a modem). */
static bool file_matters(const struct folder *f, const char *subsystem)
{
	static const char *const of_usb[] = {"usb", "tty", "usbmisc", "dvb",
					     "video4linux"};

	for (size_t i = 0; f->usb && i < ARRAY_SIZE(of_usb); i++)
		if (!strcmp(subsystem, of_usb[i]))
			return true;
	return !f->usb;
}

/* /dev/bus/usb/001/005: no part of it is the device's name in sysfs. */
static void find_usb(const struct folder *f, const char *path, char *buf, size_t size)
{
	char at[CHILD_PATH];
	uint32_t bus, device;

	(void)snprintf(at, sizeof(at), "%s/busnum", path);
	bus = sysfs_number(f->use->root, at, 0);
	(void)snprintf(at, sizeof(at), "%s/devnum", path);
	device = sysfs_number(f->use->root, at, 0);
	say(buf, size, "/dev/bus/usb/%03u/%03u", bus, device);
}

/* dvb0.frontend1 is /dev/dvb/adapter0/frontend1 (dvbdev.c, dvb_devnode). */
static void find_dvb(const char *name, char *buf, size_t size)
{
	const char *number = name + strcspn(name, "0123456789");
	int digits = (int)strspn(number, "0123456789");

	say(buf, size, "/dev/dvb/adapter%.*s/%s", digits, number,
	    number + digits + (number[digits] == '.'));
}

static int add_file(const struct folder *f, const char *path, const char *name,
		    const char *subsystem)
{
	char at[CHILD_PATH], number[32], node[96];

	if ((size_t)snprintf(at, sizeof(at), "%s/dev", path) >= sizeof(at) ||
	    sysfs_read(f->use->root, at, number, sizeof(number)) < 0)
		return 0;
	if (!strcmp(subsystem, "usb"))
		find_usb(f, path, node, sizeof(node));
	else if (!strcmp(subsystem, "dvb"))
		find_dvb(name, node, sizeof(node));
	else
		SAY(node, "/dev/%s%s", node_folder(subsystem, name), name);
	return use_add_node(f->use, GRADE_ASK, node, number, f->err);
}

/* The NVMe target gives away all of it, by its file, which is no block device. */
static int add_controller(const struct folder *f, const char *name)
{
	char node[96];

	SAY(node, "/dev/%s", name);
	return use_add_disk(f->use, node, NULL, f->err);
}

struct subsystem {
	const struct folder *folder;
	const char *controller; /* nvme0 */
};

static int each_head(void *context, const char *name)
{
	const struct folder *f = context;
	char path[CHILD_PATH], at[CHILD_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", f->path, name);
	if ((size_t)snprintf(at, sizeof(at), "%s/dev", path) >= sizeof(at))
		return 0;
	if (!strncmp(name, "ng", 2)) /* its character device */
		return add_file(f, path, name, "");
	/* The hidden path of a head has no number. */
	if (strncmp(name, "nvme", 4) != 0 || !sysfs_exists(f->use->root, at))
		return 0;
	return use_disk(f->use, path, name, f->err);
}

/* A subsystem has a link for each of its controllers, and its disks beside them. */
static int each_subsystem(void *context, const char *name)
{
	const struct subsystem *sub = context;
	char path[CHILD_PATH], at[CHILD_PATH];
	struct folder folder = *sub->folder;

	(void)snprintf(path, sizeof(path), "class/nvme-subsystem/%s", name);
	if ((size_t)snprintf(at, sizeof(at), "%s/%s", path, sub->controller) >=
		    sizeof(at) ||
	    !sysfs_exists(folder.use->root, at))
		return 0;
	folder.path = path;
	return sysfs_each(folder.use->root, path, SYSFS_FOLDERS, each_head, &folder);
}

static int look_at_heads(const struct folder *f, const char *controller)
{
	struct subsystem sub = {f, controller};

	if (!sysfs_exists(f->use->root, "class/nvme-subsystem"))
		return 0;
	return sysfs_each(f->use->root, "class/nvme-subsystem", SYSFS_LINKS,
			  each_subsystem, &sub);
}

static int walk(struct folder *f);

static int each_folder(void *context, const char *name)
{
	const struct folder *f = context;
	char path[CHILD_PATH], at[CHILD_PATH], subsystem[32] = "";
	struct folder below = {f->use, path, f->depth + 1, f->usb, f->err};
	int r = 0;

	if (is_leaf(name) ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", f->path, name) >= sizeof(path))
		return 0;
	(void)snprintf(at, sizeof(at), "%s/subsystem", path);
	if (sysfs_link(f->use->root, at, subsystem, sizeof(subsystem)) < 0)
		return 0;
	(void)snprintf(at, sizeof(at), "%s/dev", path);
	if (!strcmp(subsystem, "block"))
		/* The hidden path of a head has no number. */
		return sysfs_exists(f->use->root, at)
			       ? use_disk(f->use, path, name, f->err)
			       : 0;
	if (!strcmp(subsystem, "net"))
		return use_add_netdev(f->use, name, f->err);
	if (subsystem[0] && file_matters(f, subsystem))
		r = add_file(f, path, name, subsystem);
	if (r == 0 && !strcmp(subsystem, "tty"))
		r = use_console(f->use, name, f->err);
	if (r == 0 && !strcmp(subsystem, "nvme"))
		r = add_controller(f, name);
	if (r == 0 && !strcmp(subsystem, "nvme"))
		r = look_at_heads(f, name);
	return r == 0 ? walk(&below) : r;
}

static int walk(struct folder *f)
{
	int r;

	if (f->depth > LIMIT_BLOCK_DEPTH)
		return err_set(f->err, ELOOP, "%s has more than %d devices on each other",
			       BDF(&f->use->bdf), LIMIT_BLOCK_DEPTH);
	r = sysfs_each(f->use->root, f->path, SYSFS_FOLDERS, each_folder, f);
	/* What vanishes meanwhile is no longer in use; what could not be told has words.
	 */
	return r == -ENOENT && !f->err->code ? 0 : r;
}

/* NVIDIA's driver has no class: the number of its file is in its own folder of /proc. */
static int add_nvidia(struct use *use, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[96], *line;

	(void)snprintf(path, sizeof(path), "/proc/driver/nvidia/gpus/%s/information",
		       BDF(&use->device->bdf));
	if (file_read(use->root, path, LIMIT_ATTRIBUTE, &text, NULL) < 0)
		return 0;
	line = strstr(text, "Device Minor:");
	if (!line)
		return 0;
	line += strlen("Device Minor:");
	line += strspn(line, " \t");
	SAY(path, "/dev/nvidia%.*s", (int)strspn(line, "0123456789"), line);
	return use_add_node(use, GRADE_ASK, path, NULL, err);
}

int use_tree(struct use *use, struct err *err)
{
	char at[DEVICE_PATH];
	struct folder top = {use, device_path(&use->device->bdf, "", at), 0,
			     use->device->class_code >> 8 == 0x0c03, err};
	int r;

	err->code = 0;
	r = walk(&top);
	if (r == 0 && use->device->vendor == 0x10de)
		r = add_nvidia(use, err);
	if (r < 0 && !err->code)
		(void)err_set(err, -r, "cannot look through what is on %s: %s",
			      BDF(&use->device->bdf), strerror(-r));
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Linux answers to a write to sysfs: one table, with the source of each answer. Read
 * in Linux 6.12; "seen" was also seen on Debian's 6.12 under QEMU.
 */
#include "simkernel.h"

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

/* Paths here are short; one that is cut shows as a test that fails. */
struct path {
	char s[PATH_MAX];
};

/* A function of the fake host. */
struct device {
	char address[32];
	struct path folder;
	char driver[64], override[64], group[16]; /* empty: none */
	unsigned long class_code;
};

static struct path below(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A path below the fake root. */
static struct path below(const char *fmt, ...)
{
	struct path p;
	size_t n = (size_t)snprintf(p.s, sizeof(p.s), "%s", sim.root);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p.s + n, sizeof(p.s) - n, fmt, ap);
	va_end(ap);
	return p;
}

/* The device's file or folder @name. */
static struct path of(const struct device *d, const char *name)
{
	struct path p = d->folder;

	(void)strncat(strcat(p.s, "/"), name, 255);
	return p;
}

static bool exists(struct path p)
{
	struct stat st;

	return lstat(p.s, &st) == 0;
}

static void read_text(struct path p, char *buf, size_t size)
{
	FILE *f = fopen(p.s, "re");

	buf[0] = '\0';
	if (f && fgets(buf, (int)size, f))
		buf[strcspn(buf, "\n")] = '\0';
	if (f)
		fclose(f);
}

static void write_text(struct path p, const char *text)
{
	FILE *f = fopen(p.s, "we");

	if (!f)
		return;
	(void)fprintf(f, "%s\n", text);
	fclose(f);
}

/* The last part of where a link points. */
static void read_link(struct path p, char *buf, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = readlink(p.s, target, sizeof(target) - 1);

	buf[0] = '\0';
	if (n < 0)
		return;
	target[n] = '\0';
	(void)snprintf(buf, size, "%s", strrchr(target, '/') + 1);
}

static bool find(const char *address, struct device *ret)
{
	char text[64];

	memset(ret, 0, sizeof(*ret));
	/* sysfs_streq(): one newline at the end does not count. */
	(void)snprintf(ret->address, sizeof(ret->address), "%.*s",
		       (int)strcspn(address, "\n"), address);
	if (!ret->address[0] || strchr(ret->address, '/') ||
	    !realpath(below("sys/bus/pci/devices/%s", ret->address).s, ret->folder.s))
		return false;
	read_link(of(ret, "driver"), ret->driver, sizeof(ret->driver));
	read_link(of(ret, "iommu_group"), ret->group, sizeof(ret->group));
	read_text(of(ret, "driver_override"), text, sizeof(text));
	if (strcmp(text, "(null)") != 0)
		(void)snprintf(ret->override, sizeof(ret->override), "%s", text);
	read_text(of(ret, "class"), text, sizeof(text));
	ret->class_code = strtoul(text, NULL, 16);
	return true;
}

/* Links in sysfs are relative: from @from, a folder below /sys, to @to, below /sys. */
static void link_to(const char *to, const char *from, const char *name)
{
	char target[PATH_MAX] = "";
	const char *rest = from + strlen(below("sys/").s);
	struct path at;

	(void)strcat(target, "../");
	for (; *rest; rest++)
		if (*rest == '/')
			(void)strcat(target, "../");
	(void)strncat(target, to, sizeof(target) - strlen(target) - 1);
	(void)snprintf(at.s, sizeof(at.s), "%s/%s", from, name);
	(void)!symlink(target, at.s);
}

/* The children that a driver made (nvme/nvme0, net/eth0, ata1) come and go with it. */
static void move_children(const struct device *d, bool away)
{
	struct path stash, from, to;
	struct dirent *e;
	struct stat st;
	DIR *dir;

	(void)snprintf(stash.s, sizeof(stash.s), "%s/stash", sim.folder);
	(void)mkdir(stash.s, 0700);
	(void)snprintf(stash.s, sizeof(stash.s), "%s/stash/%s", sim.folder, d->address);
	(void)mkdir(stash.s, 0700);
	from = away ? d->folder : stash;
	to = away ? stash : d->folder;
	dir = opendir(from.s);
	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "power") ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		(void)strcat(strcat(to.s, "/"), e->d_name);
		(void)renameat(dirfd(dir), e->d_name, AT_FDCWD, to.s);
		*strrchr(to.s, '/') = '\0';
	}
	if (dir)
		closedir(dir);
}

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
	link_to(below("sys/bus/pci/drivers/%s", driver).s + strlen(below("sys/").s),
		d.folder.s, "driver");
	link_to(d.folder.s + strlen(below("sys/").s),
		below("sys/bus/pci/drivers/%s", driver).s, d.address);
	if (vfio)
		vfio_appear(&d);
	else
		move_children(&d, false);
	return 0;
}

static int answer_unbind(const struct sim_write *write)
{
	const struct timespec moment = {0, 5000000};
	char driver[64];
	struct device d;

	if (!find(write->value, &d) || strcmp(d.driver, driver_of(write, driver)) != 0)
		return ENODEV;
	(void)unlink(of(&d, "driver").s);
	(void)unlink(below("sys/bus/pci/drivers/%s/%s", driver, d.address).s);
	if (strcmp(driver, "vfio-pci") != 0) {
		move_children(&d, true);
		return 0;
	}
	vfio_vanish(&d);
	while (group_is_busy(&d))
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

static int answer_reset(const struct sim_write *write)
{
	return strtoul(write->value, NULL, 0) == 1 ? 0 : EINVAL;
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
	 "drivers/pci/pci.c reset_store: only 1; ENOTTY (by a rule) without a method "
	 "(seen)"},
};

int answer(const struct sim_write *write)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (fnmatch(answers[i].path, write->path, 0) == 0)
			return answers[i].answer(write);
	/* No program should write anywhere else: no test takes this for a kernel's. */
	return ENOTRECOVERABLE;
}

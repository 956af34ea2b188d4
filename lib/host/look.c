/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/fileio.h"
#include "base/limits.h"
#include "host/backing-look.h"
#include "host/mdev.h"
#include "host/net-look.h"
#include "host/nvme.h"
#include "host/open-look.h"
#include "host/switch-look.h"
#include "host/sysfs.h"
#include "host/use.h"
#include "host/vf-state.h"
#include "host/vfs-look.h"
#include "host/vgpu-look.h"
#include "host/zfs-label.h"

static const char *below_sys(const char *path)
{
	return strncmp(path, "/sys/", 5) ? path : path + 5;
}

/* A device that is dead answers with ones. */
static int look_device(const struct root *root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = -1;
	char at[CHILD_PATH + 16], group[LIMIT_NAME];
	unsigned char id[4];

	(void)snprintf(at, sizeof(at), "%s/config", below_sys(path));
	fd = root_opensys(root, at, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (pread(fd, id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return -EIO;
	(void)snprintf(at, sizeof(at), "%s/iommu_group", below_sys(path));
	if (sysfs_link(root, at, group, sizeof(group)) < 0)
		group[0] = '\0';
	(void)snprintf(at, sizeof(at), "%s/vfio-dev", below_sys(path));
	(void)snprintf(buf, size, "%02x%02x:%02x%02x group %s%s", id[1], id[0], id[3],
		       id[2], group[0] ? group : "-1",
		       sysfs_exists(root, at) ? " vfio" : "");
	return 0;
}

/* Lines of start, end and flags, the BARs first (kernel, pci-sysfs.c resource_show). */
static int look_bar(const struct root *root, const char *path, const char *bar, char *buf,
		    size_t size)
{
	char text[1024], *line = text, *end;
	unsigned long long first, bytes;
	int r = sysfs_read(root, below_sys(path), text, sizeof(text));

	for (int i = 0; r == 0 && i < bar[0] - '0'; i++) {
		line = strchr(line, '\n');
		if (!line++)
			return -EBADMSG;
	}
	if (r < 0)
		return r;
	/* The kernel's own text: 0x and digits, twice. */
	first = strtoull(line, &end, 16);
	bytes = strtoull(end, NULL, 16) - first + 1;
	if (bytes >= 1ULL << 20 && !(bytes & (bytes - 1)))
		(void)snprintf(buf, size, "%d", __builtin_ctzll(bytes) - 20);
	return 0;
}

static int look_disks(const struct root *root, const char *path, char *buf, size_t size)
{
	struct holdings holdings = {0};
	_cleanup_(use_free) struct use use = {.root = root, .holdings = &holdings};
	struct device device;
	struct err err;
	int r = bdf_parse(strrchr(path, '/') + 1, &use.bdf);

	if (r == 0)
		r = device_read(root, &use.bdf, &device);
	if (r == 0) {
		use.device = &device;
		r = use_tree(&use, &err);
	}
	if (r == 0)
		r = use_backings(&use, &err);
	/* What was asked about, as a console, the gate has let pass. */
	for (size_t i = 0; r == 0 && i < holdings.n && !buf[0]; i++)
		if (holdings.item[i].grade == GRADE_NEVER)
			(void)snprintf(buf, size, "%s %s", holdings.item[i].what,
				       holdings.item[i].why);
	holdings_free(&holdings);
	return r;
}

/*
 * Opening is the question: a VFIO group that is open somewhere, and a block device whose
 * exclusive claim is taken (a mount, swap, md, dm, ZFS), both answer EBUSY.
 */
static int look_busy(const struct root *root, const char *path, int flags, char *buf,
		     size_t size)
{
	_cleanup_close_ int fd = root_openat(root, path, flags, 0);

	/* A drive without a medium, or a dead one, is nobody's. */
	if (fd == -ENOMEDIUM || fd == -ENXIO)
		return 0;
	if (fd == -EBUSY)
		(void)snprintf(buf, size, "busy");
	return fd == -EBUSY || fd >= 0 ? 0 : fd;
}

static int look_pool(const struct root *root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = root_openat(root, path, O_RDONLY | O_NONBLOCK, 0);
	static unsigned char label[ZFS_LABEL_SIZE];
	ssize_t n = fd < 0 ? 0 : pread(fd, label, sizeof(label), ZFS_LABEL_AT);

	/* Only a name for what is known to be in use already. */
	if (n <= 0 || zfs_label_pool(label, (size_t)n, buf, size) < 0)
		buf[0] = '\0';
	return 0;
}

/* Lines are "0x... 0x... TYPE" (Documentation/ABI, sysfs-kernel-iommu_groups). */
static int look_direct(const struct root *root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = root_opensys(root, below_sys(path), O_RDONLY);
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	int r = fd < 0 ? fd : file_read_fd(fd, LIMIT_ATTRIBUTE * 4, &text, NULL);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *type = strrchr(line, ' ');

		if (type && !strcmp(type, " direct")) {
			(void)snprintf(buf, size, "%.*s", (int)(type - line), line);
			return 0;
		}
	}
	return 0;
}

static int first_name(void *context, const char *name)
{
	(void)snprintf(context, LIMIT_NAME, "%s", name);
	return 1;
}

/*
 * The group's node has one opener at a time; the device's own, where the kernel has them
 * (VFIO_DEVICE_CDEV), any number of them, so that only /proc tells.
 */
static int look_users(const struct root *root, const char *path, const char *vfio_dev,
		      char *buf, size_t size)
{
	char name[LIMIT_NAME], node[LIMIT_NAME + 32], who[96];
	int r = look_busy(root, path, O_RDWR, buf, size);

	/* No such node, or one that is going: nothing of the group is on vfio. */
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	if (buf[0] || sysfs_each(root, vfio_dev, SYSFS_FOLDERS, first_name, name) != 1)
		return 0;
	(void)snprintf(node, sizeof(node), "/dev/vfio/devices/%s", name);
	if (file_exists(root, node) && opener_first(root, node, who, sizeof(who))[0])
		(void)snprintf(buf, size, "%s", node);
	return 0;
}

static int look_group(const struct root *root, const char *path, const char *address,
		      char *buf, size_t size)
{
	char at[CHILD_PATH] = "";

	if (address[0])
		(void)snprintf(at, sizeof(at), "bus/pci/devices/%s/vfio-dev", address);
	return look_users(root, path, at, buf, size);
}

/* It has a group of its own. */
static int look_mdev_busy(const struct root *root, const char *path, char *buf,
			  size_t size)
{
	const char *uuid = strrchr(path, '/') + 1;
	int group = mdev_group(root, uuid), r;
	char at[CHILD_PATH], node[32];

	if (group < 0)
		return 0;
	(void)snprintf(node, sizeof(node), "/dev/vfio/%d", group);
	(void)snprintf(at, sizeof(at), "bus/mdev/devices/%s/vfio-dev", uuid);
	r = look_users(root, node, at, buf, size);
	if (r == 0 && !strcmp(buf, "busy"))
		(void)snprintf(buf, size, "%s", node);
	return r;
}

/* ".../PARENT/UUID" */
static int look_mdev(const struct root *root, const char *path, char *buf, size_t size)
{
	const char *uuid = strrchr(path, '/'), *parent = uuid;
	char name[LIMIT_NAME];
	struct mdev_seen seen;

	while (parent[-1] != '/')
		parent--;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(uuid - parent), parent);
	mdev_read(root, name, uuid + 1, &seen);
	mdev_seen_format(&seen, buf, size);
	return 0;
}

static int look_exists(const struct root *root, const char *path, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s", sysfs_exists(root, below_sys(path)) ? "yes" : "");
	return 0;
}

static int answer(const struct root *root, const struct child_request *request, char *buf,
		  size_t size)
{
	const char *path = request->path;
	int r;

	switch ((enum look_op)request->op) {
	case LOOK_READ:
		return sysfs_read(root, below_sys(path), buf, size);
	case LOOK_LINK:
		return sysfs_link(root, below_sys(path), buf, size);
	case LOOK_EXISTS:
		return look_exists(root, path, buf, size);
	case LOOK_TEXT:
		r = sysfs_read(root, below_sys(path), buf, size);
		return r == -ENOENT || r == -EACCES ? 0 : r;
	case LOOK_BAR:
		return look_bar(root, path, request->value, buf, size);
	case LOOK_DISKS:
		return look_disks(root, path, buf, size);
	case LOOK_DEVICE:
		return look_device(root, path, buf, size);
	case LOOK_GROUP_BUSY:
		return look_group(root, path, request->value, buf, size);
	case LOOK_VFS:
		return vfs_look(root, path, buf, size);
	case LOOK_VFS_BUSY:
		return vfs_look_busy(root, path, buf, size);
	case LOOK_CLAIM:
		return look_busy(root, path, O_RDONLY | O_EXCL | O_NONBLOCK, buf, size);
	case LOOK_POOL:
		return look_pool(root, path, buf, size);
	case LOOK_DIRECT:
		return look_direct(root, path, buf, size);
	case LOOK_OPENERS:
		return open_look(root, request->value, buf, size);
	case LOOK_VGPU:
		return vgpu_look(root, below_sys(path), request->value, buf, size);
	case LOOK_NET:
		return net_look(root, request->value, buf, size);
	case LOOK_VF:
		return vf_look(root, path, request->value, buf, size);
	case LOOK_NVME:
		return nvme_look(root, path, request->value, buf, size);
	case LOOK_MDEV:
		return look_mdev(root, path, buf, size);
	case LOOK_MDEV_BUSY:
		return look_mdev_busy(root, path, buf, size);
	case LOOK_BACKINGS:
		return backing_look(root, request->value, buf, size);
	case LOOK_SWITCH:
		return switch_look(root, buf, size);
	case _LOOK_MAX:
		break;
	}
	return -EINVAL;
}

void look_handle(const struct root *root, const struct child_request *request,
		 struct child_reply *reply)
{
	reply->result = answer(root, request, reply->value, sizeof(reply->value));
}

void look_request(struct child_request *request, enum look_op op, const char *fmt, ...)
{
	va_list ap;

	memset(request, 0, sizeof(*request));
	request->op = op;
	va_start(ap, fmt);
	(void)vsnprintf(request->path, sizeof(request->path), fmt, ap);
	va_end(ap);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/fileio.h"
#include "base/limits.h"
#include "host/net-look.h"
#include "host/open-look.h"
#include "host/sysfs.h"
#include "host/zfs-label.h"

static const char *below_sys(const char *path)
{
	return strncmp(path, "/sys/", 5) ? path : path + 5;
}

static int look_config(const struct root *root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = root_opensys(root, below_sys(path), O_RDONLY);
	unsigned char id[2];

	if (fd < 0)
		return fd;
	if (pread(fd, id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return -EIO;
	(void)snprintf(buf, size, "%02x%02x", id[1], id[0]);
	return 0;
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

/* No such node, or one that is going: nothing of the group is on vfio. */
static int look_group(const struct root *root, const char *path, char *buf, size_t size)
{
	int r = look_busy(root, path, O_RDWR, buf, size);

	return r == -ENOENT || r == -ENODEV ? 0 : r;
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

	switch ((enum look_op)request->op) {
	case LOOK_READ:
		return sysfs_read(root, below_sys(path), buf, size);
	case LOOK_LINK:
		return sysfs_link(root, below_sys(path), buf, size);
	case LOOK_EXISTS:
		return look_exists(root, path, buf, size);
	case LOOK_CONFIG:
		return look_config(root, path, buf, size);
	case LOOK_GROUP_BUSY:
		return look_group(root, path, buf, size);
	case LOOK_CLAIM:
		return look_busy(root, path, O_RDONLY | O_EXCL | O_NONBLOCK, buf, size);
	case LOOK_POOL:
		return look_pool(root, path, buf, size);
	case LOOK_DIRECT:
		return look_direct(root, path, buf, size);
	case LOOK_OPENERS:
		return open_look(root, request->value, buf, size);
	case LOOK_NET:
		return net_look(root, request->value, buf, size);
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

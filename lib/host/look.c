/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "host/sysfs.h"

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

void look_handle(const struct root *root, const struct child_request *request,
		 struct child_reply *reply)
{
	const char *path = request->path;
	char *buf = reply->value;
	size_t size = sizeof(reply->value);

	switch ((enum look_op)request->op) {
	case LOOK_READ:
		reply->result = sysfs_read(root, below_sys(path), buf, size);
		return;
	case LOOK_LINK:
		reply->result = sysfs_link(root, below_sys(path), buf, size);
		return;
	case LOOK_EXISTS:
		(void)snprintf(buf, size, "%s",
			       sysfs_exists(root, below_sys(path)) ? "yes" : "");
		return;
	case LOOK_CONFIG:
		reply->result = look_config(root, path, buf, size);
		return;
	case LOOK_GROUP_BUSY:
		reply->result = look_busy(root, path, O_RDWR, buf, size);
		/* No such node, or one that is going: nothing of the group is on vfio. */
		if (reply->result == -ENOENT || reply->result == -ENODEV)
			reply->result = 0;
		return;
	case LOOK_CLAIM:
		reply->result =
			look_busy(root, path, O_RDONLY | O_EXCL | O_NONBLOCK, buf, size);
		return;
	case _LOOK_MAX:
		break;
	}
	reply->result = -EINVAL;
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int openat2_fd(int dirfd, const char *path, int flags, mode_t mode,
		      uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.mode = mode,
		.resolve = resolve,
	};
	long fd;

	/* EAGAIN: a rename raced with the walk (openat2(2)). */
	do {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : (int)fd;
}

static int root_resolve(const char *dir, struct root *root, struct err *err)
{
	root->path = realpath(dir, NULL);
	if (!root->path)
		return err_set(err, errno, "root %s: %s (give a folder below /tmp)", dir,
			       strerror(errno));
	if (strncmp(root->path, "/tmp/", 5) != 0)
		return err_set(
			err, EINVAL,
			"root %s: not below /tmp (the root can be moved for tests only: "
			"leave out --root and HOSTPCI_ROOT)",
			root->path);
	root->moved = true;
	return 0;
}

static int open_top(struct root *root, struct err *err)
{
	const char *path = root->moved ? root->path : "/";

	root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root->fd < 0
		       ? err_set(err, errno, "root %s: %s (give a folder below /tmp)",
				 path, strerror(errno))
		       : 0;
}

int root_open(const char *dir, struct root *ret, struct err *err)
{
	struct root root = ROOT_CLOSED;
	int r;

	r = dir ? root_resolve(dir, &root, err) : 0;
	if (r == 0)
		r = open_top(&root, err);
	if (r < 0) {
		root_close(&root);
		return r;
	}
	root.sys = root_openat(&root, "/sys", O_PATH | O_DIRECTORY, 0);
	if (root.sys < 0)
		root.sys = -1;
	*ret = root;
	return 0;
}

void root_close(struct root *root)
{
	cleanup_close(&root->sys);
	cleanup_close(&root->fd);
	free(root->path);
	*root = ROOT_CLOSED;
}

int root_openat(const struct root *root, const char *path, int flags, mode_t mode)
{
	return openat2_fd(root->fd, path, flags, mode,
			  RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int root_opensys(const struct root *root, const char *path, int flags)
{
	return openat2_fd(root->sys, path, flags, 0,
			  RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

int root_linksys(const struct root *root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = -1;
	ssize_t n;

	if (root->moved) {
		fd = root_opensys(root, path, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			return fd;
	}
	n = root->moved ? readlinkat(fd, "", buf, size - 1)
			: readlinkat(root->sys, path, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

bool root_hassys(const struct root *root, const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (!root->moved)
		return fstatat(root->sys, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = root_opensys(root, path, O_PATH | O_NOFOLLOW);
	return fd >= 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

int file_read_fd(int fd, size_t max, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0, room = 0;
	ssize_t n;

	do {
		if (room - size < 2) {
			char *more = realloc(data, room = room ? room * 2 : 4096);

			if (!more)
				return -ENOMEM;
			data = more;
		}
		n = read(fd, data + size, room - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		size += (size_t)n;
		if (size > max)
			return -EFBIG;
	} while (n != 0);

	data[size] = '\0';
	*ret = TAKE_PTR(data);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int file_read(const struct root *root, const char *path, size_t max, char **ret,
	      size_t *ret_size)
{
	_cleanup_close_ int fd = root_openat(root, path, O_RDONLY | O_NOCTTY, 0);

	return fd < 0 ? fd : file_read_fd(fd, max, ret, ret_size);
}

int file_error(struct err *err, const char *path, int code)
{
	if (code == EFBIG)
		return err_at(err, code, path, 0,
			      "is larger than any configuration (1 MiB): correct or "
			      "remove it");
	if (code == EISDIR)
		return err_at(err, code, path, 0, "is a folder; put a file there");
	return err_at(err, code, path, 0, "cannot be read: %s", strerror(code));
}

int file_check_text(const char *text, size_t size, const char *path, struct err *err)
{
	const char *nul = memchr(text, '\0', size);
	unsigned line = 1;

	for (const char *s = text; nul && s < nul; s++)
		line += *s == '\n';
	if (!nul)
		return 0;
	return err_at(err, EINVAL, path, line,
		      "holds a NUL byte, so this is no text: correct it, or restore it "
		      "from a backup");
}

int file_read_trusted(const struct root *root, const char *path, size_t max, char **ret,
		      size_t *ret_size, struct err *err)
{
	/* O_NONBLOCK: a FIFO in the place of the file must not block the open. */
	_cleanup_close_ int fd =
		root_openat(root, path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0);
	struct stat st;
	int r;

	if (fd == -ENOENT)
		return fd;
	if (fd == -ELOOP)
		return err_at(err, EPERM, path, 0,
			      "is a symbolic link; put the file itself there");
	if (fd < 0)
		return file_error(err, path, -fd);
	if (fstat(fd, &st) < 0)
		return err_at(err, errno, path, 0, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_at(err, EPERM, path, 0,
			      "is not a regular file; put the file itself there");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_at(
			err, EPERM, path, 0,
			"belongs to user %u: it steers what root does; chown root it",
			(unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_at(err, EPERM, path, 0,
			      "can be written by others (mode %04o): chmod go-w it",
			      (unsigned)st.st_mode & 07777U);
	r = file_read_fd(fd, max, ret, ret_size);
	return r < 0 ? file_error(err, path, -r) : 0;
}

bool file_exists(const struct root *root, const char *path)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);

	return fd >= 0;
}

int file_write_once(int fd, const void *data, size_t size)
{
	ssize_t n;

	do {
		n = write(fd, data, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

static int temporary_name(const char *name, char buf[static NAME_MAX + 1])
{
	return snprintf(buf, NAME_MAX + 1, ".%s.new", name) > NAME_MAX ? -ENAMETOOLONG
								       : 0;
}

static int replace(const struct root *root, const char *folder, const char *name,
		   const void *data, size_t size, mode_t mode, bool sync)
{
	_cleanup_close_ int dir = root_openat(root, folder, O_RDONLY | O_DIRECTORY, 0);
	_cleanup_close_ int fd = -1;
	char temporary[NAME_MAX + 1];
	int r;

	if (dir < 0)
		return dir;
	r = temporary_name(name, temporary);
	if (r < 0)
		return r;
	if (unlinkat(dir, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	r = file_write_once(fd, data, size);
	if (r == 0 && mode != 0600 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r == 0 && sync && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r;
}

int file_replace(const struct root *root, const char *folder, const char *name,
		 const void *data, size_t size)
{
	return replace(root, folder, name, data, size, 0600, false);
}

int file_replace_mode(const struct root *root, const char *folder, const char *name,
		      const void *data, size_t size, mode_t mode)
{
	return replace(root, folder, name, data, size, mode, true);
}

int file_mkdir(const struct root *root, const char *path, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = strndup(path, (size_t)(slash - path));
	_cleanup_close_ int dir = -1;

	if (!parent)
		return -ENOMEM;
	dir = root_openat(root, parent[0] ? parent : "/", O_PATH | O_DIRECTORY, 0);
	if (dir < 0)
		return dir;
	if (mkdirat(dir, slash + 1, mode) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

int file_remove(const struct root *root, const char *folder, const char *name)
{
	_cleanup_close_ int dir = root_openat(root, folder, O_PATH | O_DIRECTORY, 0);
	char temporary[NAME_MAX + 1];

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	/* What a file_replace that was killed left behind goes with it. */
	if (temporary_name(name, temporary) == 0)
		(void)unlinkat(dir, temporary, 0);
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

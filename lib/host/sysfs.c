/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

int sysfs_read(const struct root *root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = root_opensys(root, path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = read(fd, buf, size - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	if (n > 0 && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	return 0;
}

int sysfs_target(const struct root *root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = root_opensys(root, path, O_PATH | O_NOFOLLOW);
	ssize_t n;

	if (fd == -ENOENT) {
		buf[0] = '\0';
		return 0;
	}
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

int sysfs_link(const struct root *root, const char *path, char *buf, size_t size)
{
	char target[PATH_MAX], *name;
	int r = sysfs_target(root, path, target, sizeof(target));

	if (r < 0)
		return r;
	name = strrchr(target, '/');
	(void)snprintf(buf, size, "%s", name ? name + 1 : target);
	return 0;
}

bool sysfs_exists(const struct root *root, const char *path)
{
	_cleanup_close_ int fd = root_opensys(root, path, O_PATH | O_NOFOLLOW);

	return fd >= 0;
}

uint32_t sysfs_number(const struct root *root, const char *path, uint32_t fallback)
{
	char text[32], *end;
	unsigned long value;

	if (sysfs_read(root, path, text, sizeof(text)) < 0)
		return fallback;
	/* The kernel's own text: always a well-formed number, hexadecimal with 0x. */
	errno = 0;
	value = strtoul(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
	return errno || *end || end == text || value > UINT32_MAX ? fallback
								  : (uint32_t)value;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_folder(const struct dirent *e)
{
	return e->d_type == DT_DIR && e->d_name[0] != '.';
}

static int is_link(const struct dirent *e)
{
	return e->d_type == DT_LNK;
}

int sysfs_each(const struct root *root, const char *path, enum sysfs_type type,
	       sysfs_entry *each, void *context)
{
	_cleanup_close_ int fd = root_opensys(root, path, O_RDONLY | O_DIRECTORY);
	struct dirent **entries;
	int n, r = 0;

	if (fd < 0)
		return fd;
	n = scandirat(fd, ".", &entries, type == SYSFS_LINKS ? is_link : is_folder,
		      by_name);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = each(context, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

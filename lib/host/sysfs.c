/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folder.h"

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

int sysfs_enter(const struct root *root, const char *path, struct root *ret)
{
	*ret = *root;
	ret->sys = root_opensys(root, path, O_PATH | O_DIRECTORY);
	return ret->sys < 0 ? ret->sys : 0;
}

void sysfs_leave(struct root *here)
{
	cleanup_close(&here->sys);
}

int sysfs_target(const struct root *root, const char *path, char *buf, size_t size)
{
	int r = root_linksys(root, path, buf, size);

	if (r != -ENOENT)
		return r;
	buf[0] = '\0';
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
	return root_hassys(root, path);
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

int sysfs_folders(const struct root *root, const char *path)
{
	_cleanup_close_ int fd = root_opensys(root, path, O_PATH | O_DIRECTORY);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_nlink < 2 ? -EOPNOTSUPP : (int)st.st_nlink - 2;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_of(const struct dirent64 *e, enum sysfs_type type)
{
	return type == SYSFS_LINKS ? e->d_type == DT_LNK
				   : e->d_type == DT_DIR && e->d_name[0] != '.';
}

struct names {
	char **name;
	size_t n;
};

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
}

static int names_add(struct names *names, const char *name)
{
	/* Room grows at the powers of two. */
	if ((names->n & (names->n - 1)) == 0) {
		size_t room = names->n ? names->n * 2 : 1;
		char **grown = realloc(names->name, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		names->name = grown;
	}
	names->name[names->n] = strdup(name);
	return names->name[names->n] ? (names->n++, 0) : -ENOMEM;
}

struct listing {
	struct names names;
	enum sysfs_type type;
};

static int list_entry(void *context, const struct dirent64 *entry)
{
	struct listing *l = context;

	return is_of(entry, l->type) ? names_add(&l->names, entry->d_name) : 0;
}

static void listing_free(struct listing *listing)
{
	names_free(&listing->names);
}

int sysfs_each(const struct root *root, const char *path, enum sysfs_type type,
	       sysfs_entry *each, void *context)
{
	int fd = root_opensys(root, path, O_RDONLY | O_DIRECTORY), r;
	_cleanup_(listing_free) struct listing list = {.type = type};

	if (fd < 0)
		return fd;
	r = folder_each(fd, list_entry, &list);
	close(fd); /* before others are opened */
	if (list.names.n)
		qsort(list.names.name, list.names.n, sizeof(*list.names.name), by_name);
	for (size_t i = 0; r == 0 && i < list.names.n; i++)
		r = each(context, list.names.name[i]);
	return r;
}

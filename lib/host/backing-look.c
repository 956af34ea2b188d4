/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/backing-look.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/say.h"
#include "host/sysfs.h"

#define TARGET "kernel/config/nvmet/subsystems"

struct list {
	const struct root *root;
	char *buf;
	size_t size, at;
	const char *subsystem; /* of the NVMe target */
};

/* Who has named it need not have used the kernel's own name. A file is on what is
 * mounted.
 */
static void find_number(const struct root *root, const char *path, char *ret, size_t size)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);
	struct stat st;

	(void)snprintf(ret, size, "-");
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISBLK(st.st_mode))
		(void)snprintf(ret, size, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
}

static int add(struct list *l, const char *path, const char *who)
{
	char number[32];
	int n;

	if (strncmp(path, "/dev/", 5) != 0 || strpbrk(path, " \n"))
		return 0;
	find_number(l->root, path, number, sizeof(number));
	n = snprintf(l->buf + l->at, l->size - l->at, "%s %s %.64s\n", number,
		     number[0] == '-' ? path : "-", who);
	if (n < 0 || (size_t)n >= l->size - l->at)
		return -ENOSPC;
	l->at += (size_t)n;
	return 0;
}

static int each_disk(void *context, const char *name)
{
	struct list *l = context;
	char at[128], path[PATH_MAX], who[64];

	if (strncmp(name, "loop", 4) != 0)
		return 0;
	SAY(at, "block/%s/loop/backing_file", name);
	SAY(who, "/dev/%s", name);
	return sysfs_read(l->root, at, path, sizeof(path)) < 0 ? 0 : add(l, path, who);
}

/* @folder has both files, or nothing is given away by it. */
static int add_target(struct list *l, const char *folder)
{
	char at[PATH_MAX], path[PATH_MAX];

	(void)snprintf(at, sizeof(at), TARGET "/%s/%s/enable", l->subsystem, folder);
	if (sysfs_number(l->root, at, 0) != 1)
		return 0;
	(void)snprintf(at, sizeof(at), TARGET "/%s/%s/device_path", l->subsystem, folder);
	return sysfs_read(l->root, at, path, sizeof(path)) < 0
		       ? 0
		       : add(l, path, l->subsystem);
}

static int each_namespace(void *context, const char *name)
{
	char folder[128];

	SAY(folder, "namespaces/%s", name);
	return add_target(context, folder);
}

/* All of a controller, or namespaces of its own. */
static int each_subsystem(void *context, const char *name)
{
	struct list *l = context;
	char at[PATH_MAX];
	int r;

	l->subsystem = name;
	r = add_target(l, "passthru");
	(void)snprintf(at, sizeof(at), TARGET "/%s/namespaces", name);
	if (r == 0)
		r = sysfs_each(l->root, at, SYSFS_FOLDERS, each_namespace, l);
	return r == -ENOENT ? 0 : r;
}

int backing_look(const struct root *root, char *buf, size_t size)
{
	struct list l = {.root = root, .buf = buf, .size = size};
	int r = sysfs_each(root, "block", SYSFS_LINKS, each_disk, &l);

	if (r == 0 || r == -ENOENT)
		r = sysfs_each(root, TARGET, SYSFS_FOLDERS, each_subsystem, &l);
	return r == -ENOENT ? 0 : r;
}

bool backing_find(const char *text, const char *path, const char *number, char *ret,
		  size_t size)
{
	for (const char *line = text; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n"), first = strcspn(line, " ");
		const char *named = line + first + 1;
		size_t second = strcspn(named, " ");
		bool same = number && strlen(number) == first &&
			    !strncmp(line, number, first);

		if (same || (strlen(path) == second && !strncmp(named, path, second))) {
			say(ret, size, "%.*s", (int)(n - first - second - 2),
			    named + second + 1);
			return true;
		}
		line += n;
	}
	return false;
}

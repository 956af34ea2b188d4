/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/backing-look.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/limits.h"
#include "base/number.h"
#include "base/say.h"
#include "host/open-look.h"
#include "host/sysfs.h"

#define TARGET "kernel/config/nvmet/subsystems"

struct list {
	const struct root *root;
	struct node node[LIMIT_NODES];
	size_t n;
	bool told[LIMIT_NODES];
	char *buf;
	size_t size, at;
	const char *subsystem; /* of the NVMe target */
};

/* Who has named it need not have used the kernel's own name. A file is on what is
 * mounted: false. */
static bool find_number(const struct root *root, const char *path, struct node *ret)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	ret->major = major(st.st_rdev);
	ret->minor = minor(st.st_rdev);
	return true;
}

static bool is_same(const struct node *a, const struct node *b, bool has_number)
{
	return has_number && (a->major || a->minor)
		       ? a->major == b->major && a->minor == b->minor
		       : !strcmp(a->path, b->path);
}

/* What does not fit is of a device that is refused already. */
static void tell(struct list *l, size_t index, const char *who)
{
	int n = snprintf(l->buf + l->at, l->size - l->at, "%zu %.64s\n", index, who);

	l->told[index] = true;
	if (n > 0 && (size_t)n < l->size - l->at)
		l->at += (size_t)n;
	else
		l->buf[l->at] = '\0';
}

static int add(struct list *l, const char *path, const char *who)
{
	struct node node = {.major = 0};
	bool has_number;

	if (strncmp(path, "/dev/", 5) != 0)
		return 0;
	SAY(node.path, "%s", path);
	has_number = find_number(l->root, path, &node);
	for (size_t i = 0; i < l->n; i++)
		if (!l->told[i] && is_same(&l->node[i], &node, has_number))
			tell(l, i, who);
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

int backing_look(const struct root *root, const char *request, char *buf, size_t size)
{
	struct list l = {.root = root, .buf = buf, .size = size};
	int r;

	buf[0] = '\0';
	l.n = open_look_parse(request, l.node);
	r = sysfs_each(root, "block", SYSFS_LINKS, each_disk, &l);
	if (r == 0 || r == -ENOENT)
		r = sysfs_each(root, TARGET, SYSFS_FOLDERS, each_subsystem, &l);
	return r == -ENOENT ? 0 : r;
}

bool backing_look_next(const char **text, size_t *ret_node, char *ret_who, size_t size)
{
	size_t digits = strcspn(*text, " "), n = strcspn(*text, "\n");
	char number[16];
	uint64_t index;

	if (digits >= n)
		return false;
	SAY(number, "%.*s", (int)digits, *text);
	if (number_parse(number, LIMIT_NODES, &index) < 0)
		return false;
	*ret_node = (size_t)index;
	say(ret_who, size, "%.*s", (int)(n - digits - 1), *text + digits + 1);
	*text += n + ((*text)[n] == '\n');
	return true;
}

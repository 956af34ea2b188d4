/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fileio.h"
#include "base/folder.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/say.h"

struct search {
	const struct root *root;
	const struct node *node;
	size_t n;
	opener_found *found;
	void *context;
	pid_t pid;
	bool seen[LIMIT_NODES]; /* of this process */
	int fds;		/* the folder of its descriptors */
	int proc;		/* the folder of the processes */
	bool counted;		/* it tells how many descriptors a process has */
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* "renderD129" is the only card of a container, which knows it as "renderD128". */
static bool same_kind(const char *a, const char *b)
{
	static const char digits[] = "0123456789";
	size_t n;

	a = strrchr(a, '/');
	b = strrchr(b, '/');
	n = a ? strcspn(a, digits) : 0;
	return a && b && n == strcspn(b, digits) && !strncmp(a, b, n);
}

/*
 * By the link's text first: following it could block on somebody's dead file system. What
 * is followed has the name of a device file, and is asked for what the kernel knows.
 */
static bool is_node(const struct node *node, int fds, const char *fd, const char *target)
{
	struct statx st;

	if (!node->major && !node->minor)
		return ends_with(target, node->path);
	return same_kind(target, node->path) &&
	       statx(fds, fd, AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0 &&
	       st.stx_rdev_major == node->major && st.stx_rdev_minor == node->minor;
}

static int open_folder(const struct root *root, const char *path)
{
	return root_openat(root, path, O_RDONLY | O_DIRECTORY, 0);
}

/* Which of the nodes one descriptor is, for those that were not found yet. */
static int match(struct search *s, int fds, const char *fd, const char *target)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		if (s->seen[i] || !is_node(&s->node[i], fds, fd, target))
			continue;
		s->seen[i] = true;
		r = s->found(s->context, i, s->pid);
	}
	return r;
}

static int look_at_descriptor(void *context, const struct dirent64 *entry)
{
	struct search *s = context;
	const char *path = s->root->moved ? s->root->path : "";
	size_t below = strlen(path);
	char target[PATH_MAX];
	ssize_t n = readlinkat(s->fds, entry->d_name, target, sizeof(target) - 1);

	/* Pipes, sockets and the like are "pipe:[1234]". */
	if (n <= 0 || target[0] != '/')
		return 0;
	target[n] = '\0';
	/* What is open elsewhere is not of a moved root. */
	return strncmp(target, path, below) != 0
		       ? 0
		       : match(s, s->fds, entry->d_name, target + below);
}

static int look_at(struct search *s, const char *pid)
{
	char path[300];
	int r;

	/* The kernel's own folders have no links that could lead elsewhere. */
	(void)snprintf(path, sizeof(path), s->root->moved ? "/proc/%s/fd" : "%s/fd", pid);
	s->fds = s->root->moved
			 ? open_folder(s->root, path)
			 : openat(s->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fds < 0)
		return 0; /* it has ended */
	memset(s->seen, 0, sizeof(s->seen));
	r = folder_each(s->fds, look_at_descriptor, s);
	close(s->fds);
	return r < 0 ? 0 : r; /* it ends just now */
}

/* Descriptors of a process, by the size of its folder (kernel 6.2 and newer,
 * fs/proc/fd.c); 0: none, or nobody counts them. */
static long long count_open(const struct search *s, const char *pid)
{
	char path[300];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/fd", pid);
	return fstatat(s->proc, path, &st, AT_SYMLINK_NOFOLLOW) < 0
		       ? 0
		       : (long long)st.st_size;
}

static int look_at_entry(void *context, const struct dirent64 *entry)
{
	struct search *s = context;
	uint64_t pid;

	if (number_parse(entry->d_name, INT32_MAX, &pid) < 0 ||
	    /* Most are threads of the kernel, and have none. */
	    (s->counted && !count_open(s, entry->d_name)))
		return 0;
	s->pid = (pid_t)pid;
	return look_at(s, entry->d_name);
}

int opener_each(const struct root *root, const struct node *node, size_t n,
		opener_found *found, void *context)
{
	struct search s = {
		.root = root, .node = node, .n = n, .found = found, .context = context};
	int r;

	if (n > LIMIT_NODES)
		return -E2BIG;
	s.proc = open_folder(root, "/proc");
	if (s.proc < 0)
		return -ENOENT;
	s.counted = !root->moved && count_open(&s, "self") > 0;
	r = folder_each(s.proc, look_at_entry, &s);
	close(s.proc);
	return r < 0 ? r : 0;
}

const char *opener_name(const struct root *root, pid_t pid, char *buf, size_t size)
{
	_cleanup_free_ char *comm = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (file_read(root, path, LIMIT_ATTRIBUTE, &comm, NULL) == 0)
		comm[strcspn(comm, "\n")] = '\0';
	say(buf, size, "pid %d (%s)", (int)pid, comm ? comm : "?");
	return buf;
}

static int first(void *context, size_t index, pid_t pid)
{
	(void)index;
	*(pid_t *)context = pid;
	return 1;
}

const char *opener_first(const struct root *root, const char *device, char *buf,
			 size_t size)
{
	struct node node = {0};
	pid_t pid = 0;

	buf[0] = '\0';
	(void)snprintf(node.path, sizeof(node.path), "%s", device);
	if (opener_each(root, &node, 1, first, &pid) == 0 && pid)
		(void)opener_name(root, pid, buf, size);
	return buf;
}

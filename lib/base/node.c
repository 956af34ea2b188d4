/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/node.h"

#include <fcntl.h>
#include <string.h>

#include "base/fileio.h"

static bool from_cluster(const struct root *root, char *buf)
{
	_cleanup_close_ int fd =
		root_openat(root, "/etc/pve/local", O_PATH | O_NOFOLLOW, 0);
	char target[PATH_MAX], *name;
	ssize_t n;

	if (fd < 0)
		return false;
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	return *name && (size_t)snprintf(buf, NODE_NAME, "%s", name) < NODE_NAME;
}

const char *node_name(const struct root *root, char buf[static NODE_NAME])
{
	_cleanup_free_ char *host = NULL;

	buf[0] = '\0';
	if (from_cluster(root, buf))
		return buf;
	if (file_read(root, "/proc/sys/kernel/hostname", NODE_NAME, &host, NULL) < 0)
		return buf;
	(void)snprintf(buf, NODE_NAME, "%.*s", (int)strcspn(host, ".\n"), host);
	return buf;
}

bool node_is_name(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && n < NODE_NAME - 1 && !text[n] && text[0] != '-' &&
	       text[n - 1] != '-';
}

static bool is_there(const struct root *root, const char *path)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);

	return fd >= 0;
}

bool node_is_unknown(const struct root *root, const char *name)
{
	char path[sizeof("/etc/pve/nodes/") + NODE_NAME];

	(void)snprintf(path, sizeof(path), "/etc/pve/nodes/%s", name);
	return is_there(root, "/etc/pve/nodes") && !is_there(root, path);
}

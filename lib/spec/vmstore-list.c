/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fileio.h"
#include "spec/vmstore.h"

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The VMIDs of the files VMID.conf in @folder. */
static int read_folder(const struct root *root, const char *folder, uint32_t **ret,
		       size_t *ret_n)
{
	int fd = root_openat(root, folder, O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	uint32_t *list = NULL, *grown, vmid;
	size_t n = 0;

	if (!dir)
		return fd < 0 ? fd : -ENOMEM;
	for (struct dirent *e; (e = readdir(dir));) {
		char *dot = strchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".conf") != 0)
			continue;
		*dot = '\0';
		if (vmid_parse(e->d_name, &vmid) < 0)
			continue;
		grown = realloc(list, (n + 1) * sizeof(*list));
		if (!grown)
			break;
		list = grown;
		list[n++] = vmid;
	}
	closedir(dir);
	if (n)
		qsort(list, n, sizeof(*list), compare);
	*ret = list;
	*ret_n = n;
	return 0;
}

int vmstore_list(const struct root *root, const char *node, uint32_t **ret, size_t *ret_n,
		 struct err *err)
{
	char folder[128] = "/etc/pve/qemu-server";
	int r;

	if (node)
		(void)snprintf(folder, sizeof(folder), "/etc/pve/nodes/%s/qemu-server",
			       node);
	r = read_folder(root, folder, ret, ret_n);
	if (r == -ENOENT) {
		(void)snprintf(folder, sizeof(folder), "/etc/hostpci/qemu-server");
		r = read_folder(root, folder, ret, ret_n);
	}
	if (r == -ENOENT) {
		*ret = NULL;
		*ret_n = 0;
		return 0;
	}
	return r < 0 ? err_set(err, -r, "%s: %s", folder, strerror(-r)) : 0;
}

int vmstore_list_policies(const struct root *root, uint32_t **ret, size_t *ret_n,
			  struct err *err)
{
	static const char folder[] = "/etc/hostpci/vm";
	int r = read_folder(root, folder, ret, ret_n);

	if (r != -ENOENT)
		return r < 0 ? err_set(err, -r, "%s: %s", folder, strerror(-r)) : 0;
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmstore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/limits.h"
#include "base/lock.h"

#define OURS "/etc/hostpci/qemu-server"
enum { LOCK_MS = 10 * 1000 }; /* as pve-guest-common, PVE::AbstractConfig */

/* Who may write to /etc/pve is pmxcfs' to say. */
static int read_from(const struct root *root, const char *folder, uint32_t vmid,
		     struct vmstore *store, struct vmtext *text, struct err *err)
{
	int r;

	(void)snprintf(store->folder, sizeof(store->folder), "%s", folder);
	(void)snprintf(store->name, sizeof(store->name), "%u.conf", vmid);
	(void)snprintf(store->path, sizeof(store->path), "%s/%s", folder, store->name);
	if (!strcmp(folder, OURS))
		return file_read_trusted(root, store->path, LIMIT_CONFIG, &text->data,
					 &text->size, err);
	r = file_read(root, store->path, LIMIT_CONFIG, &text->data, &text->size);
	return r < 0 && r != -ENOENT ? file_error(err, store->path, -r) : r;
}

/* There is no config of it in @folder, nor at @store. */
static int no_vm(const struct root *root, const char *folder, uint32_t vmid,
		 const struct vmstore *store, struct err *err)
{
	static const char *const policies[] = {"/etc/hostpci/vm", "/etc/pve/hostpci/vm"};
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		(void)snprintf(path, sizeof(path), "%s/%u.conf", policies[i], vmid);
		if (file_exists(root, path))
			return err_set(err, ENOENT,
				       "VM %u has a policy alone, %s: there is neither "
				       "%s/%s nor %s; change the policy by hand, and see "
				       "what comes of it with hostpci plan %u",
				       vmid, path, folder, store->name, store->path,
				       vmid);
	}
	return err_set(err, ENOENT,
		       "there is no VM %u: neither %s/%s nor %s; correct the number, or "
		       "make the file",
		       vmid, folder, store->name, store->path);
}

int vmstore_read(const struct root *root, const char *node, uint32_t vmid,
		 struct vmstore *ret_store, struct vmtext *ret, struct err *err)
{
	struct vmstore store;
	struct vmtext text;
	char folder[128] = "/etc/pve/qemu-server";
	int r;

	if (node)
		(void)snprintf(folder, sizeof(folder), "/etc/pve/nodes/%s/qemu-server",
			       node);
	r = read_from(root, folder, vmid, &store, &text, err);
	if (r == -ENOENT)
		r = read_from(root, OURS, vmid, &store, &text, err);
	if (r == -ENOENT)
		return no_vm(root, folder, vmid, &store, err);
	if (r < 0)
		return r;
	*ret_store = store;
	*ret = text;
	return 0;
}

int vmstore_error(const char *path, int code, struct err *err)
{
	bool cluster = !strncmp(path, "/etc/pve/", strlen("/etc/pve/"));

	if (cluster && (code == EROFS || code == EACCES || code == EPERM))
		return err_at(err, EROFS, path, 0,
			      "cannot be written (%s): the cluster file system is "
			      "read-only without quorum (see pvecm status), or you are "
			      "not root",
			      strerror(code));
	if (cluster && code == EFBIG)
		return err_at(err, code, path, 0,
			      "is too large for the cluster file system");
	return err_at(err, code, path, 0, "cannot be written: %s", strerror(code));
}

/* Owner and mode stay; pmxcfs has its own and refuses the call. */
static void keep_owner(int dir, const char *name, int fd)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 07777) < 0)
		return;
}

int vmstore_replace(const struct root *root, const struct vmstore *store,
		    const struct vmtext *text, struct err *err)
{
	_cleanup_close_ int dir =
		root_openat(root, store->folder, O_RDONLY | O_DIRECTORY, 0);
	_cleanup_close_ int fd = -1;
	char temporary[96];
	int r;

	if (dir < 0)
		return vmstore_error(store->path, -dir, err);
	/* The name that Proxmox's own writer uses (pve-common, file_set_contents). */
	(void)snprintf(temporary, sizeof(temporary), "%s.tmp.%d", store->name,
		       (int)getpid());
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0640);
	if (fd < 0)
		return vmstore_error(store->path, errno, err);
	keep_owner(dir, store->name, fd);
	r = text->size ? file_write_once(fd, text->data, text->size) : 0;
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL && errno != ENOSYS)
		r = -errno;
	if (r == 0 && renameat(dir, temporary, dir, store->name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r < 0 ? vmstore_error(store->path, -r, err) : 0;
}

int vmstore_lock(const struct root *root, uint32_t vmid, struct err *err)
{
	static const char *const folders[] = {"/var", "/var/lock",
					      "/var/lock/qemu-server"};
	_cleanup_close_ int fd = -1;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/var/lock/qemu-server/lock-%u.conf", vmid);
	fd = root_openat(root, path, O_RDWR | O_CREAT | O_NOCTTY, 0644);
	for (size_t i = 0; i < ARRAY_SIZE(folders) && fd == -ENOENT; i++) {
		r = file_mkdir(root, folders[i], 0755);
		if (r < 0 && r != -EEXIST)
			return err_at(err, -r, folders[i], 0, "%s", strerror(-r));
	}
	if (fd == -ENOENT)
		fd = root_openat(root, path, O_RDWR | O_CREAT | O_NOCTTY, 0644);
	if (fd < 0)
		return err_at(err, -fd, path, 0, "cannot be locked: %s", strerror(-fd));
	r = lock_take(fd, LOCK_MS);
	if (r == -EBUSY)
		return err_at(err, EBUSY, path, 0,
			      "another program holds the lock of VM %u (tried for %d s)",
			      vmid, LOCK_MS / 1000);
	if (r < 0)
		return err_at(err, -r, path, 0, "cannot be locked: %s", strerror(-r));
	return TAKE_FD(fd);
}

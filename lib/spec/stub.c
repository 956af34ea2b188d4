/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"

#define STUB_MARK "#!/bin/sh\n# hostpci: "

const char stub_text[] = STUB_MARK
	"the hookscript of this machine is the program below (hostpci-hook(8)).\n"
	"# Where it is not installed the machine starts all the same. Made by 'hostpci "
	"attach'.\n"
	"hook=" HOSTPCI_HOOK "\n"
	"[ -x \"$hook\" ] && exec \"$hook\" \"$@\"\n"
	"echo \"hostpci: $hook is not there: VM $1 does without it at $2\" >&2\n"
	"exit 0\n";

enum { FILE_MAX = 64 * 1024 };

const char *stub_volume(const struct storage *storage, char buf[static STUB_VOLUME])
{
	(void)snprintf(buf, STUB_VOLUME, "%s:snippets/%s", storage->id, STUB_NAME);
	return buf;
}

bool stub_is(const char *volume, struct volume *ret)
{
	struct volume v;

	if (volume_parse(volume, &v) < 0 || strcmp(v.name, STUB_NAME) != 0)
		return false;
	*ret = v;
	return true;
}

static int foreign(const char *path, const char *what, struct err *err)
{
	return err_at(err, EEXIST, path, 0,
		      "%s: it is left as it is; remove or rename it, or put the "
		      "hookscript elsewhere with --storage",
		      what);
}

/* 1: the stub is there as it should be; 0: it has to be written. */
static int look(const struct root *root, const char *path, struct err *err)
{
	_cleanup_close_ int fd =
		root_openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	_cleanup_free_ char *text = NULL;
	struct stat st;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0 && fd != -ELOOP)
		return file_error(err, path, -fd);
	if (fd == -ELOOP || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    file_read_fd(fd, FILE_MAX, &text, NULL) < 0 ||
	    strncmp(text, STUB_MARK, strlen(STUB_MARK)) != 0)
		return foreign(path, "is not what hostpci puts there", err);
	return !strcmp(text, stub_text) && (st.st_mode & 07777) == 0755;
}

/* A network storage that is not mounted is an empty folder of this node's disk. */
static int check_mounted(const struct root *root, const struct storage *storage,
			 struct err *err)
{
	_cleanup_close_ int fd =
		root_openat(root, storage->path, O_RDONLY | O_DIRECTORY, 0);
	struct stat st, up;

	if (fd < 0)
		return err_at(err, -fd, storage->path, 0,
			      "the folder of storage %s cannot be used: %s", storage->id,
			      strerror(-fd));
	if (!storage->mounted)
		return 0;
	if (fstat(fd, &st) < 0 || fstatat(fd, "..", &up, 0) < 0)
		return err_at(err, errno, storage->path, 0, "%s", strerror(errno));
	return st.st_dev != up.st_dev
		       ? 0
		       : err_at(err, ENOTCONN, storage->path, 0,
				"storage %s is not mounted (pvesm status)", storage->id);
}

/* The folder of the snippets, which Proxmox makes when it first uses the storage. */
static int make_folder(const struct root *root, const struct storage *storage,
		       const char *folder, struct err *err)
{
	_cleanup_free_ char *path = strdup(folder);
	char *slash = path ? path + strlen(storage->path) : NULL;
	int r = path ? 0 : -ENOMEM;

	while (r == 0 && slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		r = file_mkdir(root, path, 0755);
		if (slash)
			*slash = '/';
	}
	return r < 0 ? err_at(err, -r, folder, 0, "cannot be made: %s", strerror(-r)) : 0;
}

enum { STUB_PATH = STORAGE_PATH + sizeof(STUB_NAME) + 1 };

static const char *stub_path(const struct storage *storage, char buf[static STUB_PATH])
{
	char folder[STORAGE_PATH];

	(void)snprintf(buf, STUB_PATH, "%s/%s", storage_folder(storage, folder),
		       STUB_NAME);
	return buf;
}

int stub_look(const struct root *root, const struct storage *storage, struct err *err)
{
	char path[STUB_PATH];
	int r = check_mounted(root, storage, err);

	return r < 0 ? r : look(root, stub_path(storage, path), err);
}

int stub_put(const struct root *root, const struct storage *storage, bool *ret_made,
	     struct err *err)
{
	char folder[STORAGE_PATH], path[STUB_PATH];
	int r = stub_look(root, storage, err);

	if (r < 0)
		return r;
	if (ret_made)
		*ret_made = r == 0;
	if (r > 0)
		return 0;
	r = make_folder(root, storage, storage_folder(storage, folder), err);
	if (r < 0)
		return r;
	r = file_replace_mode(root, folder, STUB_NAME, stub_text, strlen(stub_text),
			      0755);
	return r < 0 ? err_at(err, -r, stub_path(storage, path), 0,
			      "cannot be written: %s", strerror(-r))
		     : 0;
}

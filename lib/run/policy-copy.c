/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/policy-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fileio.h"

#define FOLDER	"/var/lib/hostpci"
#define NAME	"hostpci.conf"
#define CLUSTER "/etc/pve/hostpci/" NAME

/* Without it the folder is empty: nothing of it says that there is no policy. */
static bool cluster_is_there(const struct root *root)
{
	return file_exists(root, "/etc/pve/qemu-server");
}

static void tell_age(const struct root *root, struct notes *told)
{
	_cleanup_close_ int fd = root_openat(root, POLICY_COPY, O_PATH | O_NOFOLLOW, 0);
	char when[32] = "an unknown time";
	struct stat st;
	struct tm tm;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && localtime_r(&st.st_mtime, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
	notes_add(
		told,
		"the cluster's policy (%s) is not there yet: its copy of %s is used (%s)",
		CLUSTER, when, POLICY_COPY);
}

int policy_copy_load(const struct root *root, const char *node, struct spec *ret,
		     struct notes *told, struct err *err)
{
	if (cluster_is_there(root))
		return spec_load_host(root, node, ret, err);
	tell_age(root, told);
	return spec_load_host_at(root, FOLDER, node, ret, err);
}

void policy_copy_refresh(const struct root *root, struct notes *notes)
{
	_cleanup_free_ char *now = NULL, *copy = NULL;
	size_t now_size = 0, copy_size = 0;
	struct err err;
	int r = !cluster_is_there(root) ? -EAGAIN
					: file_read_trusted(root, CLUSTER, LIMIT_CONFIG,
							    &now, &now_size, &err);

	if (r < 0 && r != -ENOENT)
		return; /* whoever needs it says why */
	if (file_read(root, POLICY_COPY, LIMIT_CONFIG, &copy, &copy_size) < 0)
		copy = NULL;
	if (now ? copy && now_size == copy_size && !memcmp(now, copy, now_size) : !copy)
		return;
	if (!now)
		r = file_remove(root, FOLDER, NAME);
	else
		r = file_mkdir(root, "/var/lib", 0755);
	if (now && r == 0)
		r = file_mkdir(root, FOLDER, 0755);
	if (now && r == 0)
		r = file_replace_mode(root, FOLDER, NAME, now, now_size, 0600);
	if (r < 0)
		notes_add(notes, "%s: %s: the next boot reads a stale policy",
			  POLICY_COPY, strerror(-r));
	else if (copy)
		notes_add(
			notes,
			"%s was stale: what this boot has set by it may be, too (hostpci "
			"boot sets what is declared now)",
			POLICY_COPY);
}

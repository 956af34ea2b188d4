/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/block.h"

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "host/device.h"
#include "host/look.h"
#include "host/sysfs.h"

struct search {
	const struct root *root;
	struct child *looker;
	struct bdf bdf;
	struct holdings *holdings;
	const char *mounts, *swaps; /* mountinfo and swaps */
	unsigned blocks;
	struct err *err;
};

struct folder {
	struct search *search;
	const char *path; /* below /sys */
	unsigned depth;
};

static int add(struct search *s, const char *name, const char *why, const char *cure)
{
	struct holding *h = holdings_add(s->holdings, &s->bdf);

	if (!h)
		return err_set(s->err, ENOMEM, "out of memory");
	(void)snprintf(h->what, sizeof(h->what), "/dev/%s", name);
	(void)snprintf(h->why, sizeof(h->why), "%s", why);
	(void)snprintf(h->cure, sizeof(h->cure), "%s", cure);
	return 0;
}

/* Field 3 of a mountinfo line is MAJOR:MINOR, field 5 the mount point (proc(5)). */
static int check_mounts(struct search *s, const char *name, const char *number)
{
	char want[40], point[160], why[200], cure[200];
	size_t n;

	n = (size_t)snprintf(want, sizeof(want), " %s ", number);
	for (const char *at = s->mounts; (at = strstr(at, want)); at += n) {
		const char *mount = strchr(at + n, ' ');
		int r;

		if (!mount)
			break;
		(void)snprintf(point, sizeof(point), "%.*s",
			       (int)strcspn(mount + 1, " \n"), mount + 1);
		(void)snprintf(why, sizeof(why), "is mounted on %s", point);
		(void)snprintf(cure, sizeof(cure),
			       "umount %s, and take it out of /etc/fstab", point);
		r = add(s, name, why, cure);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_swap(struct search *s, const char *name)
{
	char want[64], cure[96];

	(void)snprintf(want, sizeof(want), "/dev/%s ", name);
	if (strncmp(s->swaps, want, strlen(want)) != 0) {
		(void)snprintf(want, sizeof(want), "\n/dev/%s ", name);
		if (!strstr(s->swaps, want))
			return 0;
	}
	(void)snprintf(cure, sizeof(cure),
		       "swapoff /dev/%s, and take it out of /etc/fstab", name);
	return add(s, name, "is in use as swap", cure);
}

struct owner {
	struct search *search;
	const char *name;
};

static int add_owner(void *context, const char *holder)
{
	const struct owner *o = context;
	char why[128], cure[200];
	bool md = !strncmp(holder, "md", 2);

	(void)snprintf(why, sizeof(why), "is part of /dev/%s", holder);
	(void)snprintf(cure, sizeof(cure), "%s /dev/%s%s",
		       md ? "mdadm --stop" : "deactivate", holder,
		       md ? "" : " (vgchange -an, multipath -f or dmsetup remove)");
	return add(o->search, o->name, why, cure);
}

static int check_block(struct search *s, const char *path, const char *name)
{
	struct owner owner = {s, name};
	char at[CHILD_PATH], number[32];
	int r;

	if (++s->blocks > LIMIT_BLOCKS)
		return err_set(s->err, E2BIG, "%s has more than %d disks and partitions",
			       BDF(&s->bdf), LIMIT_BLOCKS);
	(void)snprintf(at, sizeof(at), "%s/dev", path);
	r = sysfs_read(s->root, at, number, sizeof(number));
	if (r == 0)
		r = check_mounts(s, name, number);
	if (r == 0)
		r = check_swap(s, name);
	(void)snprintf(at, sizeof(at), "%s/holders", path);
	if (r == 0 && sysfs_exists(s->root, at))
		r = sysfs_each(s->root, at, SYSFS_LINKS, add_owner, &owner);
	return r;
}

static int each_partition(void *context, const char *name)
{
	const struct folder *f = context;
	char at[CHILD_PATH], path[CHILD_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", f->path, name);
	if ((size_t)snprintf(at, sizeof(at), "%s/partition", path) >= sizeof(at) ||
	    !sysfs_exists(f->search->root, at))
		return 0;
	return check_block(f->search, path, name);
}

static int ask(struct search *s, const struct child_request *request,
	       struct child_reply *reply)
{
	if (s->looker)
		return child_call(s->looker, request, LIMIT_READ_MS, reply);
	memset(reply, 0, sizeof(*reply));
	look_handle(s->root, request, reply);
	return 0;
}

/* The exclusive claim of a disk is taken as soon as one of its partitions' is. */
static int check_claim(struct search *s, const char *name)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	look_request(&request, LOOK_CLAIM, "/dev/%s", name);
	for (char *c = request.path; *c; c++)
		if (*c == '!')
			*c = '/'; /* as the kernel does for the device node's name */
	r = ask(s, &request, &reply);
	if (r == 0 && reply.result == 0 && !reply.value[0])
		return 0;
	if (r == 0 && reply.result == 0)
		return add(s, name,
			   "is claimed by the kernel (mounted in another namespace, or "
			   "ZFS, bcache, LVM)",
			   "find its user with lsblk, zpool status or findmnt -A, and "
			   "stop it");
	return err_set(s->err, r < 0 ? -r : -reply.result,
		       "cannot tell whether /dev/%s is in use: %s", name,
		       strerror(r < 0 ? -r : -reply.result));
}

static int check_disk(struct search *s, const char *path, const char *name)
{
	struct folder folder = {s, path, 0};
	size_t before = s->holdings->n;
	int r = check_block(s, path, name);

	if (r == 0)
		r = sysfs_each(s->root, path, SYSFS_FOLDERS, each_partition, &folder);
	if (r == 0 && s->holdings->n == before)
		r = check_claim(s, name);
	return r;
}

static bool is_block(const struct root *root, const char *path)
{
	char at[CHILD_PATH], subsystem[16];

	(void)snprintf(at, sizeof(at), "%s/subsystem", path);
	if (sysfs_link(root, at, subsystem, sizeof(subsystem)) < 0 ||
	    strcmp(subsystem, "block") != 0)
		return false;
	(void)snprintf(at, sizeof(at), "%s/dev",
		       path); /* a hidden path of a head has none */
	return sysfs_exists(root, at);
}

static int each_head(void *context, const char *name)
{
	const struct folder *f = context;
	char path[CHILD_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", f->path, name);
	return is_block(f->search->root, path) ? check_disk(f->search, path, name) : 0;
}

struct subsystem {
	struct search *search;
	const char *controller; /* nvme0 */
};

/* A subsystem has a link for each of its controllers, and its disks beside them. */
static int each_subsystem(void *context, const char *name)
{
	const struct subsystem *sub = context;
	char path[CHILD_PATH], at[CHILD_PATH];
	struct folder folder = {sub->search, path, 0};

	(void)snprintf(path, sizeof(path), "class/nvme-subsystem/%s", name);
	if ((size_t)snprintf(at, sizeof(at), "%s/%s", path, sub->controller) >=
		    sizeof(at) ||
	    !sysfs_exists(sub->search->root, at))
		return 0;
	return sysfs_each(sub->search->root, path, SYSFS_FOLDERS, each_head, &folder);
}

static int each_entry(void *context, const char *name);

static int walk(struct search *s, const char *path, unsigned depth)
{
	struct folder folder = {s, path, depth};
	int r;

	if (depth > LIMIT_BLOCK_DEPTH)
		return 0;
	r = sysfs_each(s->root, path, SYSFS_FOLDERS, each_entry, &folder);
	return r == -ENOENT ? 0 : r; /* what vanishes meanwhile is no longer in use */
}

static int each_entry(void *context, const char *name)
{
	const struct folder *f = context;
	struct subsystem sub = {f->search, name};
	char path[CHILD_PATH];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", f->path, name) >= sizeof(path))
		return 0;
	if (is_block(f->search->root, path))
		return check_disk(f->search, path, name);
	if (!strcmp(strrchr(f->path, '/') + 1, "nvme") &&
	    sysfs_exists(f->search->root, "class/nvme-subsystem")) {
		r = sysfs_each(f->search->root, "class/nvme-subsystem", SYSFS_LINKS,
			       each_subsystem, &sub);
		if (r < 0)
			return r;
	}
	return walk(f->search, path, f->depth + 1);
}

int block_holdings(const struct root *root, struct child *looker, const struct bdf *bdf,
		   struct holdings *holdings, struct err *err)
{
	_cleanup_free_ char *mounts = NULL, *swaps = NULL;
	struct search s = {.root = root,
			   .looker = looker,
			   .bdf = *bdf,
			   .holdings = holdings,
			   .err = err};
	int r;

	err->code = 0;
	r = file_read(root, "/proc/self/mountinfo", LIMIT_CONFIG * 4, &mounts, NULL);
	if (r == 0)
		r = file_read(root, "/proc/swaps", LIMIT_CONFIG, &swaps, NULL);
	if (r < 0)
		return err_set(err, -r, "cannot read who has mounted what: %s",
			       strerror(-r));
	s.mounts = mounts;
	s.swaps = swaps;
	r = walk(&s, DEVICE_ATTR(bdf, ""), 0);
	if (r < 0 && !err->code)
		(void)err_set(err, -r, "cannot look through the disks of %s: %s",
			      BDF(bdf), strerror(-r));
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What uses a disk: mount, swap, md or dm, bcache, or a claim whose owner does not show
 * in sysfs (ZFS, a mount in another namespace).
 */
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "host/look.h"
#include "host/sysfs.h"
#include "host/use.h"

/* A disk or partition. */
struct block {
	struct use *use;
	const char *path; /* below /sys */
	const char *name;
	bool told; /* that it is of a bcache, which is among its holders as well */
	struct err *err;
};

static struct holding *add(const struct block *b)
{
	struct holding *h = use_add(b->use, GRADE_NEVER, b->err);

	if (h)
		SAY(h->what, "/dev/%s", b->name);
	return h;
}

/* Once for all functions. */
static int read_users(struct use *use, struct err *err)
{
	int r = 0;

	if (!use->mounts)
		r = file_read(use->root, "/proc/self/mountinfo", LIMIT_CONFIG * 4,
			      &use->mounts, NULL);
	if (r == 0 && !use->swaps)
		r = file_read(use->root, "/proc/swaps", LIMIT_CONFIG, &use->swaps, NULL);
	return r < 0 ? err_set(err, -r, "cannot read who has mounted what: %s",
			       strerror(-r))
		     : 0;
}

/* Field 3 of a mountinfo line is MAJOR:MINOR, field 5 the mount point (proc(5)). */
static int check_mounts(const struct block *b, const char *number)
{
	char want[40];
	size_t n = (size_t)snprintf(want, sizeof(want), " %s ", number);

	for (const char *at = b->use->mounts; (at = strstr(at, want)); at += n) {
		const char *mount = strchr(at + n, ' ');
		struct holding *h;
		int length;

		if (!mount)
			break;
		h = add(b);
		if (!h)
			return -ENOMEM;
		length = (int)strcspn(mount + 1, " \n");
		SAY(h->why, "is mounted on %.*s", length, mount + 1);
		SAY(h->cure, "umount %.*s, and take it out of /etc/fstab", length,
		    mount + 1);
	}
	return 0;
}

static int check_swap(const struct block *b)
{
	const char *swaps = b->use->swaps;
	struct holding *h;
	char want[64];

	(void)snprintf(want, sizeof(want), "\n/dev/%s ", b->name);
	if (strncmp(swaps, want + 1, strlen(want) - 1) != 0 && !strstr(swaps, want))
		return 0;
	h = add(b);
	if (!h)
		return -ENOMEM;
	SAY(h->why, "is in use as swap");
	SAY(h->cure, "swapoff /dev/%s, and take it out of /etc/fstab", b->name);
	return 0;
}

static void read_of(const struct use *use, const char *block, const char *file, char *buf,
		    size_t size)
{
	char path[CHILD_PATH];

	buf[0] = '\0';
	if ((size_t)snprintf(path, sizeof(path), "class/block/%s/%s", block, file) >=
		    sizeof(path) ||
	    sysfs_read(use->root, path, buf, size) < 0)
		buf[0] = '\0';
}

static void say_md(const struct use *use, const char *md, struct holding *h)
{
	char level[32], state[32];

	read_of(use, md, "md/level", level, sizeof(level));
	read_of(use, md, "md/array_state", state, sizeof(state));
	SAY(h->why, "is part of /dev/%s, an md array%s%s%s%s", md, level[0] ? ", " : "",
	    level, state[0] ? ", " : "", state);
	SAY(h->cure, "mdadm --stop /dev/%s, and take it out of /etc/mdadm/mdadm.conf",
	    md);
}

/* "my--vg-root" is volume root of group my-vg: lvm2 doubles the hyphens of a name, and
 * joins names by one. Leaves "my-vg/root"; returns the length of the group's name. */
static int undo_lvm_name(char *name)
{
	char *to = name;
	int group = 0;

	for (const char *from = name; *from; from++) {
		if (*from != '-' || from[1] == '-') {
			*to++ = *from;
			from += *from == '-';
			continue;
		}
		*to++ = group ? '-' : '/';
		group = group ? group : (int)(to - name) - 1;
	}
	*to = '\0';
	return group ? group : (int)(to - name);
}

/* Who made a dm device begins its uuid: LVM-, mpath-, CRYPT-; dmsetup gives it none. */
static void say_dm(const struct use *use, const char *dm, struct holding *h)
{
	char name[128], uuid[160];
	int group;

	read_of(use, dm, "dm/name", name, sizeof(name));
	read_of(use, dm, "dm/uuid", uuid, sizeof(uuid));
	SAY(h->why, "is part of /dev/%s", dm);
	if (!name[0]) {
		SAY(h->cure,
		    "deactivate /dev/%s (vgchange -an, multipath -f or dmsetup remove)",
		    dm);
	} else if (!strncmp(uuid, "LVM-", 4)) {
		group = undo_lvm_name(name);
		SAY_MORE(h->why, ", the LVM volume %s", name);
		SAY(h->cure, "vgchange -an %.*s, and keep it from being activated again",
		    group, name);
	} else if (!strncmp(uuid, "mpath-", 6)) {
		SAY_MORE(h->why, ", the multipath device %s", name);
		SAY(h->cure, "multipath -f %s, and blacklist it in /etc/multipath.conf",
		    name);
	} else if (!strncmp(uuid, "CRYPT-", 6)) {
		SAY_MORE(h->why, ", the encrypted volume %s", name);
		SAY(h->cure, "cryptsetup close %s, and take it out of /etc/crypttab",
		    name);
	} else {
		SAY_MORE(h->why, ", %s", name);
		SAY(h->cure, "dmsetup remove %s", name);
	}
}

static int each_holder(void *context, const char *holder)
{
	const struct block *b = context;
	struct holding *h;

	if (b->told && !strncmp(holder, "bcache", 6))
		return 0;
	h = add(b);
	if (!h)
		return -ENOMEM;
	if (!strncmp(holder, "md", 2)) {
		say_md(b->use, holder, h);
	} else if (!strncmp(holder, "dm-", 3)) {
		say_dm(b->use, holder, h);
	} else {
		SAY(h->why, "is part of /dev/%s", holder);
		SAY(h->cure, "stop /dev/%s", holder);
	}
	return 0;
}

/* What link @name of bcache's folder leads to. */
static bool bcache_link(const struct block *b, const char *name, char *buf, size_t size)
{
	char at[CHILD_PATH];

	return (size_t)snprintf(at, sizeof(at), "%s/bcache/%s", b->path, name) <
		       sizeof(at) &&
	       sysfs_link(b->use->root, at, buf, size) == 0 && buf[0];
}

/*
 * bcache registers below the disks that it is made of (drivers/md/bcache/super.c). What
 * is cached has a file to stop it; a cache has not, but leaves its set, and what is dirty
 * in it is written back first.
 */
static int check_bcache(struct block *b)
{
	char at[CHILD_PATH], name[64];
	struct holding *h;

	if ((size_t)snprintf(at, sizeof(at), "%s/bcache", b->path) >= sizeof(at) ||
	    !sysfs_exists(b->use->root, at))
		return 0;
	h = add(b);
	if (!h)
		return -ENOMEM;
	b->told = true;
	if (bcache_link(b, "set", name, sizeof(name))) {
		SAY(h->why, "is a cache of bcache, of the set %s", name);
		SAY(h->cure, "echo 1 > /sys/fs/bcache/%s/unregister", name);
		return 0;
	}
	if (bcache_link(b, "dev", name, sizeof(name)))
		SAY(h->why, "is part of /dev/%s, a bcache", name);
	else
		SAY(h->why, "is part of a bcache");
	SAY(h->cure,
	    "unmount what is on it, then echo 1 > /sys/class/block/%s/bcache/stop",
	    b->name);
	return 0;
}

static int check_block(struct block *b)
{
	char at[CHILD_PATH], number[32], node[96];
	int r;

	if (++b->use->blocks > LIMIT_BLOCKS)
		return err_set(b->err, E2BIG, "%s has more than %d disks and partitions",
			       BDF(&b->use->bdf), LIMIT_BLOCKS);
	(void)snprintf(at, sizeof(at), "%s/dev", b->path);
	r = sysfs_read(b->use->root, at, number, sizeof(number));
	if (r < 0)
		return r;
	SAY(node, "/dev/%s", b->name);
	r = use_add_node(b->use, GRADE_ASK, node, number, b->err);
	if (r == 0)
		r = check_mounts(b, number);
	if (r == 0)
		r = check_swap(b);
	if (r == 0)
		r = check_bcache(b);
	if (r == 0)
		r = use_add_disk(b->use, node, number, b->err);
	(void)snprintf(at, sizeof(at), "%s/holders", b->path);
	if (r == 0 && sysfs_exists(b->use->root, at))
		r = sysfs_each(b->use->root, at, SYSFS_LINKS, each_holder, b);
	return r;
}

/* Asks the looker about a block device; its answer is in @reply. */
static int ask(const struct block *b, enum look_op op, struct child_reply *reply)
{
	struct child_request request;
	int r;

	look_request(&request, op, "/dev/%s", b->name);
	for (char *c = request.path; *c; c++)
		if (*c == '!')
			*c = '/'; /* as the kernel does for the device node's name */
	r = use_ask(b->use, &request, LIMIT_READ_MS, reply);
	if (r == 0)
		r = reply->result;
	return r < 0 ? err_set(b->err, -r, "cannot tell whether /dev/%s is in use: %s",
			       b->name, strerror(-r))
		     : 0;
}

/* Nothing in sysfs says whose the claim is: what is on the disk may. */
static int add_claim(const struct block *b)
{
	struct child_reply reply;
	struct holding *h;
	int r = ask(b, LOOK_POOL, &reply);

	if (r < 0)
		return r;
	h = add(b);
	if (!h)
		return -ENOMEM;
	if (reply.value[0]) {
		SAY(h->why, "is claimed by the kernel, part of ZFS pool '%s'",
		    reply.value);
		SAY(h->who, "ZFS pool %s", reply.value);
		SAY(h->cure, "zpool export %s (zpool status %s shows what it has)",
		    reply.value, reply.value);
		return 0;
	}
	SAY(h->why, "is claimed by the kernel (mounted in another namespace, or btrfs, "
		    "ZFS, bcache, LVM)");
	SAY(h->cure, "find its user with lsblk, zpool status or findmnt -A, and stop it");
	return 0;
}

/* One look at a disk or partition. */
typedef int look_at(struct block *b);

struct parts {
	const struct block *disk;
	look_at *look;
};

static int each_partition(void *context, const char *name)
{
	const struct parts *parts = context;
	char at[CHILD_PATH], path[CHILD_PATH];
	struct block part = *parts->disk;

	(void)snprintf(path, sizeof(path), "%s/%s", part.path, name);
	part.path = path;
	part.name = name;
	part.told = false;
	return (size_t)snprintf(at, sizeof(at), "%s/partition", path) < sizeof(at) &&
			       sysfs_exists(part.use->root, at)
		       ? parts->look(&part)
		       : 0;
}

static int each_part(const struct block *disk, look_at *look)
{
	struct parts parts = {disk, look};

	return sysfs_each(disk->use->root, disk->path, SYSFS_FOLDERS, each_partition,
			  &parts);
}

static int check_claim(struct block *b)
{
	struct child_reply reply;
	int r = ask(b, LOOK_CLAIM, &reply);

	return r == 0 && reply.value[0] ? add_claim(b) : r;
}

/* The exclusive claim of a disk is taken as soon as one of its partitions' is. */
static int check_claims(const struct block *disk)
{
	size_t before = disk->use->holdings->n;
	struct child_reply reply;
	int r = ask(disk, LOOK_CLAIM, &reply);

	if (r < 0 || !reply.value[0])
		return r;
	r = each_part(disk, check_claim);
	return r == 0 && disk->use->holdings->n == before ? add_claim(disk) : r;
}

static int check_label(struct block *b)
{
	char at[CHILD_PATH], number[32];

	(void)snprintf(at, sizeof(at), "%s/dev", b->path);
	return sysfs_read(b->use->root, at, number, sizeof(number)) < 0
		       ? 0
		       : use_label(b->use, b->name, number, b->err);
}

int use_disk(struct use *use, const char *path, const char *name, struct err *err)
{
	struct block disk = {.use = use, .path = path, .name = name, .err = err};
	size_t before = use->holdings->n;
	int r = read_users(use, err);

	if (r == 0)
		r = check_block(&disk);
	if (r == 0)
		r = each_part(&disk, check_block);
	if (r == 0 && use->holdings->n == before)
		r = check_claims(&disk);
	if (r == 0 && use->holdings->n == before)
		r = check_label(&disk);
	if (r == 0 && use->holdings->n == before)
		r = each_part(&disk, check_label);
	return r;
}

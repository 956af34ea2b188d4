/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who of the host uses a disk, and what stands on it. */
#include "use-scene.h"

#include <unistd.h>

static void holder(struct scene *s, const char *name, const char *file, const char *text,
		   const char *file2, const char *text2)
{
	char path[160];

	(void)snprintf(path, sizeof(path), PCI "/nvme/nvme0/nvme0n1/holders/%s", name);
	link_to(s, "../elsewhere", path);
	(void)snprintf(path, sizeof(path), "/sys/class/block/%s/%s", name, file);
	put(s, path, text);
	(void)snprintf(path, sizeof(path), "/sys/class/block/%s/%s", name, file2);
	put(s, path, text2);
}

static void a_holder_is_named(void **state)
{
	struct scene *s = *state;

	disk(s);
	holder(s, "dm-0", "dm/name", "pve--x-vm--100--disk\n", "dm/uuid", "LVM-abc\n");
	holder(s, "dm-1", "dm/name", "mpatha\n", "dm/uuid", "mpath-36001\n");
	holder(s, "dm-2", "dm/name", "secret\n", "dm/uuid", "CRYPT-LUKS2-1\n");
	holder(s, "dm-3", "dm/name", "odd\n", "dm/uuid", "other\n");
	holder(s, "dm-4", "dm/x", "", "dm/y", "");
	holder(s, "dm-5", "dm/name", "plain\n", "dm/uuid", "\n");
	holder(s, "drbd0", "x", "", "y", "");
	holder(s, "md127", "md/level", "raid1\n", "md/array_state", "active\n");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 8);
	is(s, 0, GRADE_NEVER, "/dev/nvme0n1",
	   "/dev/dm-0, the LVM volume pve-x/vm-100-disk", "vgchange -an pve-x,");
	is(s, 1, GRADE_NEVER, NULL, "the multipath device mpatha", "multipath -f mpatha");
	is(s, 2, GRADE_NEVER, NULL, "the encrypted volume secret",
	   "cryptsetup close secret");
	is(s, 3, GRADE_NEVER, NULL, "part of /dev/dm-3, odd", "dmsetup remove odd");
	is(s, 4, GRADE_NEVER, NULL, "part of /dev/dm-4", "dmsetup remove");
	is(s, 5, GRADE_NEVER, NULL, "part of /dev/dm-5, plain", "dmsetup remove plain");
	is(s, 6, GRADE_NEVER, NULL, "part of /dev/drbd0", "stop /dev/drbd0");
	is(s, 7, GRADE_NEVER, NULL, "/dev/md127, an md array, raid1, active",
	   "mdadm --stop /dev/md127");
}

static void a_cache_and_a_mount(void **state)
{
	struct scene *s = *state;

	disk(s);
	scratch_mkdir(&s->s, PCI "/nvme/nvme0/nvme0n1/bcache");
	put(s, "/proc/self/mountinfo",
	    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 1 259:1 / /srv/a\\040b rw - ext4 x "
	    "rw\n");
	put(s, "/proc/swaps", "Filename Type\n/dev/nvme0n1p1 partition\n");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 3);
	is(s, 0, GRADE_NEVER, "/dev/nvme0n1", "part of a bcache", "/bcache/stop");
	is(s, 1, GRADE_NEVER, "/dev/nvme0n1p1", "mounted on /srv/a\\040b", "umount");
	is(s, 2, GRADE_NEVER, "/dev/nvme0n1p1", "as swap", "swapoff");
}

/* Neither claims it (drivers/block/loop.c, drivers/nvme/target/io-cmd-bdev.c). */
static void what_stands_on_it_unseen(void **state)
{
	struct scene *s = *state;

	disk(s);
	put(s, "/sys/devices/virtual/block/loop0/loop/backing_file", "/dev/nvme0n1p1\n");
	link_to(s, "../devices/virtual/block/loop0", "/sys/block/loop0");
	put(s, "/sys/devices/virtual/block/loop1/loop/backing_file",
	    "/srv/image (deleted)\n");
	link_to(s, "../devices/virtual/block/loop1", "/sys/block/loop1");
	scratch_mkdir(&s->s, "/sys/devices/virtual/block/loop2");
	link_to(s, "../devices/virtual/block/loop2", "/sys/block/loop2");
	put(s, "/sys/kernel/config/nvmet/subsystems/nqn.a/namespaces/1/enable", "1\n");
	put(s, "/sys/kernel/config/nvmet/subsystems/nqn.a/namespaces/1/device_path",
	    "/dev/nvme0n1\n");
	put(s, "/sys/kernel/config/nvmet/subsystems/nqn.b/namespaces/1/enable", "0\n");
	put(s, "/sys/kernel/config/nvmet/subsystems/nqn.b/namespaces/1/device_path",
	    "/dev/nvme0n1\n");
	put(s, "/sys/kernel/config/nvmet/subsystems/nqn.c/passthru/enable", "1\n");
	put(s, "/sys/kernel/config/nvmet/subsystems/nqn.c/passthru/device_path",
	    "/dev/nvme0\n");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 3);
	is(s, 0, GRADE_NEVER, "/dev/nvme0n1p1", "is what /dev/loop0 stands on",
	   "losetup -d /dev/loop0");
	is(s, 1, GRADE_NEVER, "/dev/nvme0n1", "by the NVMe target, as nqn.a", "nqn.a");
	is(s, 2, GRADE_NEVER, "/dev/nvme0", "by the NVMe target, as nqn.c", "nqn.c");
}

/* Snaps and containers' images are files; what image servers have are block devices. */
static void hundreds_of_loop_devices(void **state)
{
	struct scene *s = *state;
	char path[96], target[64], backing[64];

	disk(s);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(path, sizeof(path),
			       "/sys/devices/virtual/block/loop%d/loop/backing_file", i);
		(void)snprintf(backing, sizeof(backing), "/dev/images/volume-%d\n", i);
		put(s, path, i == 299 ? "/dev/nvme0n1p1\n" : backing);
		(void)snprintf(path, sizeof(path), "/sys/block/loop%d", i);
		(void)snprintf(target, sizeof(target), "../devices/virtual/block/loop%d",
			       i);
		link_to(s, target, path);
	}
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_NEVER, "/dev/nvme0n1p1", "is what /dev/loop299 stands on",
	   "losetup -d /dev/loop299");
}

/* More of them than an answer, or a request, holds. */
static void loop_devices_on_each_partition(void **state)
{
	struct scene *s = *state;
	char path[128], text[96];

	disk(s);
	for (int i = 10; i < 130; i++) {
		(void)snprintf(path, sizeof(path),
			       PCI "/nvme/nvme0/nvme0n1/nvme0n1p%d/partition", i);
		put(s, path, "1\n");
		(void)snprintf(path, sizeof(path),
			       PCI "/nvme/nvme0/nvme0n1/nvme0n1p%d/dev", i);
		put(s, path, "259:9\n");
		(void)snprintf(text, sizeof(text), "/dev/nvme0n1p%d", i);
		put(s, text, "");
		(void)strcat(text, "\n");
		(void)snprintf(path, sizeof(path),
			       "/sys/devices/virtual/block/loop%d/loop/backing_file", i);
		put(s, path, text);
		(void)snprintf(path, sizeof(path), "/sys/block/loop%d", i);
		(void)snprintf(text, sizeof(text), "../devices/virtual/block/loop%d", i);
		link_to(s, text, path);
	}
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 120);
	is(s, 119, GRADE_NEVER, "/dev/nvme0n1p99", "is what /dev/loop99 stands on", "");
}

/* Nobody claims that a disk is free of which it could not be asked. */
static void a_disk_without_a_file_cannot_be_told(void **state)
{
	struct scene *s = *state;
	char path[PATH_MAX];
	struct err err;

	disk(s);
	assert_int_equal(try(s, 0x010802, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/dev/nvme0n1", s->s.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(try(s, 0x010802, &err), -ENOENT);
	assert_contains(err.msg, "cannot tell whether /dev/nvme0n1 is in use");
}

/* Linux 6.12, seen in the lab: what is cached has a device of its own, a cache its set.
 */
static void a_bcache_is_named_once(void **state)
{
	struct scene *s = *state;

	disk(s);
	link_to(s, "../../../../../../../virtual/block/bcache0",
		PCI "/nvme/nvme0/nvme0n1/bcache/dev");
	link_to(s, "../../../../../../../virtual/block/bcache0",
		PCI "/nvme/nvme0/nvme0n1/holders/bcache0");
	link_to(s, "../../../../../../../../../../fs/bcache/1b4e-set",
		PCI "/nvme/nvme0/nvme0n1/nvme0n1p1/bcache/set");
	link_to(s, "../../../../../../../../virtual/block/bcache0",
		PCI "/nvme/nvme0/nvme0n1/nvme0n1p1/holders/bcache0");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 2);
	is(s, 0, GRADE_NEVER, "/dev/nvme0n1", "is part of /dev/bcache0, a bcache",
	   "echo 1 > /sys/class/block/nvme0n1/bcache/stop");
	is(s, 1, GRADE_NEVER, "/dev/nvme0n1p1", "a cache of bcache, of the set 1b4e-set",
	   "echo 1 > /sys/fs/bcache/1b4e-set/unregister");
}

static void an_idle_disk_is_free(void **state)
{
	struct scene *s = *state;

	disk(s);
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 0);
}

/* As udev of Debian 12 writes them. */
static void what_is_on_an_idle_disk_is_told(void **state)
{
	struct scene *s = *state;

	disk(s);
	put(s, "/run/udev/data/b259:0", "S:disk/by-id/x\nE:ID_PART_TABLE_TYPE=gpt\n");
	put(s, "/run/udev/data/b259:1",
	    "I:7\nE:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\nE:ID_FS_USAGE=raid\nG:"
	    "x\n");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_TELL, "/dev/nvme0n1p1",
	   "has a part of a ZFS pool on it (tank), which is not active", "");
	put(s, "/run/udev/data/b259:0", "E:ID_FS_TYPE=LVM2_member");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_TELL, "/dev/nvme0n1", "has an LVM physical volume on it, which",
	   "");
	put(s, "/proc/swaps", "Filename Type\n/dev/nvme0n1p1 partition\n");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_NEVER, "/dev/nvme0n1p1", "as swap", "swapoff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_holder_is_named),
		scene_test(a_cache_and_a_mount),
		scene_test(what_stands_on_it_unseen),
		scene_test(hundreds_of_loop_devices),
		scene_test(loop_devices_on_each_partition),
		scene_test(a_disk_without_a_file_cannot_be_told),
		scene_test(a_bcache_is_named_once),
		scene_test(an_idle_disk_is_free),
		scene_test(what_is_on_an_idle_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

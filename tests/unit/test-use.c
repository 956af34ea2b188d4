/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who of the host uses a device: its disks, its files, the console. */
#include "use-scene.h"

#include <sys/stat.h>
#include <unistd.h>

/* --- disks */

static void disk(struct scene *s)
{
	put(s, PCI "/nvme/nvme0/nvme0n1/dev", "259:0\n");
	put(s, PCI "/nvme/nvme0/nvme0n1/nvme0n1p1/dev", "259:1\n");
	put(s, PCI "/nvme/nvme0/nvme0n1/nvme0n1p1/partition", "1\n");
	link_to(s, "../../../../../../../class/block",
		PCI "/nvme/nvme0/nvme0n1/subsystem");
	link_to(s, "../../../../../../class/nvme", PCI "/nvme/nvme0/subsystem");
	put(s, "/dev/nvme0n1", "");
}

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

static int try(struct scene *s, uint32_t class_code, struct err *err)
{
	_cleanup_(use_free) struct use use = {
		.root = &s->s.root, .looker = &s->looker, .holdings = &s->holdings};

	s->device.class_code = class_code;
	return use_look(&use, &s->device, err);
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

/* --- device files */

static void sound(struct scene *s)
{
	put(s, PCI "/sound/card0/pcmC0D0p/dev", "0:0\n"); /* not known: by path */
	link_to(s, "../../../../../../class/sound",
		PCI "/sound/card0/pcmC0D0p/subsystem");
}

static void a_holder_lives_somewhere(void **state)
{
	static const struct {
		const char *cgroup, *where, *cure;
		bool never; /* otherwise it may be allowed */
	} rows[] = {
		{"0::/\n", "", "end process 70", false},
		{"0::/system.slice/smartd.service\n", ", unit smartd.service",
		 "systemctl stop smartd.service", false},
		{"0::/qemu.slice/101.scope\n", ", VM 101", "stop VM 101", true},
		/* The machine that is to have it, and what is no machine. */
		{"0::/qemu.slice/100.scope\n", ", VM 100", "stop VM 100", false},
		{"0::/qemu.slice/x.scope\n", ", VM x", "stop VM x", false},
		{"0::/lxc/102/ns/init.scope\n", ", container 102", "stop container 102",
		 false},
		{"1:name=x:/lxc.payload.web/init\n", ", container web",
		 "stop container web", false},
		{"0::/system.slice/docker-0123456789abcdef0123.scope\n",
		 ", docker container 0123456789ab", "docker stop 0123456789ab", false},
		{"0::/docker/0123456789abcdef/x\n", ", docker container 0123456789ab",
		 "docker stop", false},
		{"0::/user.slice/libpod-0123456789abcdef.scope\n",
		 ", podman container 0123456789ab", "podman stop", false},
		{"0::/machine.slice/machine-deb.scope\n", ", machine deb.scope",
		 "stop machine", false},
	};
	struct scene *s = *state;

	sound(s);
	for (int i = 0; i < (int)ARRAY_SIZE(rows); i++) {
		char who[128];

		char last[32];

		(void)snprintf(last, sizeof(last), "/proc/%d/fd/3", 70 + i - 1);
		if (i)
			scratch_unlink(&s->s, last);
		process(s, 70 + i, "pipewire\n", rows[i].cgroup, "/dev/snd/pcmC0D0p");
		look(s, 0x040300);
		assert_int_equal(s->holdings.n, 1);
		(void)snprintf(who, sizeof(who), "pid %d (pipewire)%s", 70 + i,
			       rows[i].where);
		for (size_t k = 0; k < s->holdings.n; k++)
			if (!strcmp(s->holdings.item[k].who, who)) {
				is(s, k, rows[i].never ? GRADE_NEVER : GRADE_ASK,
				   "/dev/snd/pcmC0D0p", "is held open by", rows[i].cure);
				who[0] = '\0';
			}
		if (who[0])
			fail_msg("nobody is '%s'", who);
	}
	/* Every keyboard behind a USB controller is open somewhere. */
	look(s, 0x0c0330);
	assert_int_equal(s->holdings.n, 0);
}

static bool who_has(const struct scene *s, size_t i, const char *name)
{
	return strstr(s->holdings.item[i].who, name);
}

/* A dongle that another machine has, and a serial line in a container. */
static void a_usb_device_that_somebody_has(void **state)
{
	struct scene *s = *state;

	put(s, PCI "/usb1/1-2/dev", "0:0\n");
	put(s, PCI "/usb1/1-2/busnum", "1\n");
	put(s, PCI "/usb1/1-2/devnum", "5\n");
	link_to(s, "../../../../../bus/usb", PCI "/usb1/1-2/subsystem");
	put(s, PCI "/usb1/1-2/1-2:1.0/ttyACM0/dev", "0:0\n");
	link_to(s, "../../../../../../../class/tty",
		PCI "/usb1/1-2/1-2:1.0/ttyACM0/subsystem");
	put(s, PCI "/usb1/1-2/1-2:1.1/event3/dev", "0:0\n");
	link_to(s, "../../../../../../../class/input",
		PCI "/usb1/1-2/1-2:1.1/event3/subsystem");
	process(s, 70, "kvm\n", "0::/qemu.slice/101.scope\n", "/dev/bus/usb/001/005");
	process(s, 71, "zigbee\n", "0::/lxc/102/x\n", "/dev/ttyACM0");
	process(s, 72, "login\n", "", "/dev/input/event3");
	/* What names it need not be on the way to it: a power supply's, a tuner's. */
	put(s, PCI "/usb1/1-3/1-3:1.0/hiddev0/dev", "0:0\n");
	link_to(s, "../../../../../../../class/usbmisc",
		PCI "/usb1/1-3/1-3:1.0/hiddev0/subsystem");
	process(s, 73, "apcupsd\n", "0::/system.slice/apcupsd.service\n",
		"/dev/usb/hiddev0");
	put(s, PCI "/usb1/1-4/dvb/dvb0.frontend0/dev", "0:0\n");
	link_to(s, "../../../../../../../class/dvb",
		PCI "/usb1/1-4/dvb/dvb0.frontend0/subsystem");
	process(s, 74, "tvheadend\n", "0::/lxc/103/x\n", "/dev/dvb/adapter0/frontend0");
	look(s, 0x0c0330);
	assert_int_equal(s->holdings.n, 4);
	for (size_t i = 0; i < 4; i++)
		is(s, i, who_has(s, i, "kvm") ? GRADE_NEVER : GRADE_ASK,
		   who_has(s, i, "kvm")	      ? "/dev/bus/usb/001/005"
		   : who_has(s, i, "zigbee")  ? "/dev/ttyACM0"
		   : who_has(s, i, "apcupsd") ? "/dev/usb/hiddev0"
					      : "/dev/dvb/adapter0/frontend0",
		   "is held open by pid 7", "stop ");
}

/* Whatever its class: what has a file has somebody who uses it. */
static void a_card_of_another_kind_has_files_too(void **state)
{
	struct scene *s = *state;

	put(s, PCI "/apex/apex_0/dev", "0:0\n");
	link_to(s, "../../../../../class/apex", PCI "/apex/apex_0/subsystem");
	process(s, 70, "frigate\n", "0::/lxc/104/x\n", "/dev/apex_0");
	look(s, 0x088000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "/dev/apex_0", "is held open by", "stop container 104");
}

static void who_is_going_passes(void **state)
{
	struct scene *s = *state;

	sound(s);
	process(s, 70, "(udev-worker)\n", "", "/dev/snd/pcmC0D0p");
	process(s, 71, "kvm\n", "", "/dev/snd/pcmC0D0p");
	put(s, "/proc/71/stat", "71 (kvm) D 1 7 7 0 -1 4194564 0 0");
	look(s, 0x040300);
	assert_int_equal(s->holdings.n, 2);
	assert_true(s->holdings.item[0].passing && s->holdings.item[1].passing);
	put(s, "/proc/71/stat", "71 (kvm) D 1 7 7 0 -1 4194560 0 0");
	look(s, 0x040300);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(s->holdings.item[i].passing,
				 !strstr(s->holdings.item[i].who, "pid 71"));
}

static void nvidia_has_a_file_of_its_own(void **state)
{
	struct scene *s = *state;

	s->device.vendor = 0x10de;
	put(s, "/proc/driver/nvidia/gpus/0000:01:00.0/information",
	    "Model: \t\t X\nDevice Minor: \t 12\n");
	process(s, 70, "nvidia-persiste\n",
		"0::/system.slice/nvidia-persistenced.service\n", "/dev/nvidia12");
	process(s, 71, "ollama\n", "", "/dev/nvidia1");
	look(s, 0x030000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "/dev/nvidia12", "held open by pid 70 (nvidia-persiste)",
	   "systemctl stop nvidia-persistenced.service");
	put(s, "/proc/driver/nvidia/gpus/0000:01:00.0/information", "Device Minor:");
	look(s, 0x030000);
	assert_int_equal(s->holdings.n, 0);
}

static void on_vfio_only_vfio_counts(void **state)
{
	struct scene *s = *state;

	disk(s);
	s->device.on_vfio = true;
	put(s, "/proc/swaps", "/dev/nvme0n1p1 partition\n");
	scratch_mkdir(&s->s, PCI "/vfio-dev/vfio3");
	process(s, 70, "qemu-system-x86\n", "", "/dev/vfio/7");
	process(s, 71, "dpdk\n", "", "/dev/vfio/devices/vfio3");
	process(s, 72, "other\n", "", "/dev/vfio/77");
	look(s, 0x010802);
	assert_int_equal(s->holdings.n, 2);
	is(s, 0, GRADE_NEVER, NULL, "is held open by pid 7", "end process 7");
	is(s, 1, GRADE_NEVER, NULL, "is held open by pid 7", NULL);
}

/* --- the console */

static void framebuffer(struct scene *s, const char *name, const char *bound)
{
	char path[96];

	put(s, "/sys/devices/virtual/graphics/x", "");
	(void)snprintf(path, sizeof(path), "/sys/class/graphics/%s", name);
	link_to(s, "../../devices/virtual/graphics", path);
	link_to(s, "../../pci0000:00/0000:01:00.0",
		"/sys/devices/virtual/graphics/device");
	put(s, "/sys/devices/virtual/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	put(s, "/sys/devices/virtual/vtconsole/vtcon1/bind", bound);
	link_to(s, "../../devices/virtual/vtconsole/vtcon1",
		"/sys/class/vtconsole/vtcon1");
}

static void the_console_is_on_it(void **state)
{
	struct scene *s = *state;

	look(s, 0x030000);
	assert_int_equal(s->holdings.n, 0);
	put(s, PCI "/boot_vga", "1\n");
	look(s, 0x030000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_TELL, "", "boot_vga", NULL);
	framebuffer(s, "fb0", "1\n");
	look(s, 0x030000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "/dev/fb0", "shows the host's console", "vtconN/bind");
	put(s, "/sys/devices/virtual/vtconsole/vtcon1/bind", "0\n");
	look(s, 0x030000);
	is(s, 0, GRADE_TELL, "", "boot_vga", NULL);
}

/* A console whose lock somebody keeps: a pipe that nobody writes to, here. */
#define PORT PCI "/0000:01:00.0:0/0000:01:00.0:0.0"

/* Nobody has it open: the kernel itself prints there. */
static void a_serial_line_may_be_the_console(void **state)
{
	struct scene *s = *state;

	put(s, PORT "/tty/ttyS4/dev", "4:68\n");
	link_to(s, "../../../../bus/serial-base", PCI "/0000:01:00.0:0/subsystem");
	link_to(s, "../../../../../bus/serial-base", PORT "/subsystem");
	link_to(s, "../../../../../../../class/tty", PORT "/tty/ttyS4/subsystem");
	look(s, 0x070002);
	assert_int_equal(s->holdings.n, 0);
	put(s, "/sys/class/tty/console/active", "tty0 ttyS40 xttyS4\n");
	look(s, 0x070002);
	assert_int_equal(s->holdings.n, 0);
	put(s, "/sys/class/tty/console/active", "ttyS4 tty0\n");
	look(s, 0x070002);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "/dev/ttyS4", "carries the host's console",
	   "boot without console=ttyS4");
	put(s, "/sys/class/tty/console/active", "tty0 ttyS4\n");
	look(s, 0x070002);
	assert_int_equal(s->holdings.n, 1);
}

static void cxl_memory_may_be_ram(void **state)
{
	struct scene *s = *state;

	look(s, 0x050000);
	assert_int_equal(s->holdings.n, 0);
	look(s, 0x050210);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "", "is CXL memory, on driver driver", "daxctl");
	s->device.driver[0] = '\0';
	look(s, 0x050210);
	assert_int_equal(s->holdings.n, 0);
}

static void a_console_that_hangs_is_not_waited_for(void **state)
{
	struct scene *s = *state;
	char path[PATH_MAX];
	struct err err;

	framebuffer(s, "fb0", "1\n");
	(void)snprintf(path, sizeof(path), "%s/sys/devices/virtual/vtconsole/vtcon1/bind",
		       s->s.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(try(s, 0x030000, &err), -ETIMEDOUT);
	assert_contains(err.msg, "cannot tell whether 0000:01:00.0 is the console");
}

static void a_second_card_has_no_console(void **state)
{
	struct scene *s = *state;

	put(s, PCI "/boot_vga", "0\n");
	framebuffer(s, "fb1", "1\n");
	look(s, 0x030000);
	assert_int_equal(s->holdings.n, 0);
}

static void firmwares_framebuffer_needs_no_driver(void **state)
{
	static const struct {
		const char *iomem, *name; /* NULL: none of this device's */
	} rows[] = {
		{"c0000000-cfffffff : PCI Bus 0000:01\n"
		 "  c0000000-c7ffffff : 0000:01:00.0\n"
		 "    c0000000-c02fffff : BOOTFB\n",
		 "BOOTFB"},
		{"  c0000000-c7ffffff : 0000:01:00.0\n    c0000000-c02fffff : efifb\n",
		 "efifb"},
		{"  c0000000-c7ffffff : 0000:01:00.0\n"
		 "    c0000000-c02fffff : simple-framebuffer.0\n",
		 "simple-framebuffer.0"},
		{"  c0000000-c7ffffff : 0000:01:00.0\n    c0000000-c02fffff : nvidia\n",
		 NULL},
		{"  c0000000-c7ffffff : 0000:01:00.0\n"
		 "  d0000000-d7ffffff : 0000:02:00.0\n"
		 "    d0000000-d02fffff : BOOTFB\n",
		 NULL},
		{"  c0000000-c7ffffff : 0000:01:00.0\nd0000000-d02fffff : BOOTFB\n",
		 NULL},
		{"", NULL},
		{" : \n :\n0000:01:00.0", NULL},
	};
	struct scene *s = *state;

	s->device.driver[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put(s, "/proc/iomem", rows[i].iomem);
		look(s, 0x030000);
		if (s->holdings.n != (rows[i].name != NULL))
			fail_msg("row %zu: %zu", i, s->holdings.n);
		if (rows[i].name)
			is(s, 0, GRADE_ASK, rows[i].name, "BAR 0: can't reserve",
			   "sysfb_init");
	}
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
		scene_test(a_holder_lives_somewhere),
		scene_test(a_usb_device_that_somebody_has),
		scene_test(a_card_of_another_kind_has_files_too),
		scene_test(who_is_going_passes),
		scene_test(nvidia_has_a_file_of_its_own),
		scene_test(on_vfio_only_vfio_counts),
		scene_test(the_console_is_on_it),
		scene_test(a_serial_line_may_be_the_console),
		scene_test(cxl_memory_may_be_ram),
		scene_test(a_console_that_hangs_is_not_waited_for),
		scene_test(a_second_card_has_no_console),
		scene_test(firmwares_framebuffer_needs_no_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

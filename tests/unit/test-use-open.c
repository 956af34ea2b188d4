/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has the files of a device open. */
#include "use-scene.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_holder_lives_somewhere),
		scene_test(a_usb_device_that_somebody_has),
		scene_test(a_card_of_another_kind_has_files_too),
		scene_test(who_is_going_passes),
		scene_test(nvidia_has_a_file_of_its_own),
		scene_test(on_vfio_only_vfio_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

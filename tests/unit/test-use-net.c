/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who of the host uses a network card, and its virtual functions. */
#include "use-scene.h"

#include "host/sysfs.h"

/* --- network: routes and addresses are the lab's */

static void netdev(struct scene *s, const char *name, const char *upper,
		   const char *master)
{
	char path[160], target[96];

	(void)snprintf(path, sizeof(path), PCI "/net/%s/ifindex", name);
	put(s, path, "4\n");
	(void)snprintf(path, sizeof(path), PCI "/net/%s/subsystem", name);
	link_to(s, "../../../../../class/net", path);
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	(void)snprintf(target, sizeof(target),
		       "../../devices/pci0000:00/0000:01:00.0/net/%s", name);
	link_to(s, target, path);
	if (upper) {
		(void)snprintf(path, sizeof(path), PCI "/net/%s/upper_%s", name, upper);
		link_to(s, "../x", path);
		(void)snprintf(path, sizeof(path), "/sys/devices/virtual/net/%s/lower_%s",
			       upper, name);
		link_to(s, "../x", path);
		(void)snprintf(path, sizeof(path), "/sys/class/net/%s", upper);
		(void)snprintf(target, sizeof(target), "../../devices/virtual/net/%s",
			       upper);
		link_to(s, target, path);
	}
	if (master) {
		(void)snprintf(path, sizeof(path), PCI "/net/%s/master", name);
		(void)snprintf(target, sizeof(target), "../../../../virtual/net/%s",
			       master);
		link_to(s, target, path);
	}
}

static void an_idle_card_is_free(void **state)
{
	struct scene *s = *state;

	netdev(s, "eth0", NULL, NULL);
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 0);
}

static void a_port_of_a_bridge(void **state)
{
	struct scene *s = *state;

	netdev(s, "eth0", "vmbr0", "vmbr0");
	scratch_mkdir(&s->s, "/sys/devices/virtual/net/vmbr0/bridge");
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "eth0", "is a port of bridge vmbr0", "nomaster");
	assert_string_equal(s->holdings.item[0].who, "bridge vmbr0");
}

static void an_interface_on_top(void **state)
{
	struct scene *s = *state;

	netdev(s, "eth0", "eth0.5", NULL);
	look(s, 0x088000); /* of a Thunderbolt host */
	assert_int_equal(s->holdings.n, 1);
	look(s, 0x0c0330); /* behind a USB controller as well */
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "eth0", "carries interface eth0.5", "ip link delete eth0.5");
}

static void an_interface_elsewhere(void **state)
{
	struct scene *s = *state;

	scratch_mkdir(&s->s, "/sys/class/net");
	look(s, 0x020000); /* a driver without interfaces: uio, pci-stub */
	assert_int_equal(s->holdings.n, 0);
	scratch_mkdir(&s->s, PCI "/net");
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_NEVER, NULL, "another network namespace", "lsns");
}

static void one_of_several_is_elsewhere(void **state)
{
	struct scene *s = *state;

	netdev(s, "eth0", NULL, NULL);
	if (sysfs_folders(&s->s.root, &(PCI "/net")[strlen("/sys/")]) < 0)
		skip();
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 0);
	/* As the kernel: its folder counts it, and does not list it. */
	scratch_mkdir(&s->s, PCI "/net/.eth1");
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_NEVER, "another of its network interfaces",
	   "another network namespace", "lsns");
}

/* --- virtual functions */

static void a_virtual_function_in_use(void **state)
{
	struct scene *s = *state;

	s->device.vfs = 1;
	link_to(s, "../0000:01:10.0", PCI "/virtfn0");
	put(s, "/sys/devices/pci0000:00/0000:01:10.0/class", "0x020000\n");
	link_to(s, "../../../devices/pci0000:00/0000:01:10.0",
		"/sys/bus/pci/devices/0000:01:10.0");
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 0);
	s->claim[0] = (struct claim){.bdf = {0, 1, 0x10, 0}, .vmid = 101};
	s->claims = 1;
	look(s, 0x020000);
	is(s, 0, GRADE_NEVER, "its virtual function 0000:01:10.0", "is held by VM 101",
	   "stop VM 101");
	assert_true(bdf_equal(&s->holdings.item[0].bdf, &s->device.bdf));
	/* One that is used for what would be asked otherwise. */
	s->claims = 0;
	link_to(s, "../../../bus/pci/drivers/igbvf",
		"/sys/devices/pci0000:00/0000:01:10.0/driver");
	put(s, "/sys/devices/pci0000:00/0000:01:10.0/ptp/ptp1/dev", "0:0\n");
	link_to(s, "../../../../../class/ptp",
		"/sys/devices/pci0000:00/0000:01:10.0/ptp/ptp1/subsystem");
	process(s, 70, "ptp4l\n", "", "/dev/ptp1");
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_NEVER, "/dev/ptp1", "held open by pid 70 (ptp4l)", NULL);
}

/* --- whatever a device says of itself */

static void odd_names_are_cut_and_cleaned(void **state)
{
	char name[200], path[300];
	struct scene *s = *state;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(path, sizeof(path), PCI "/sound/%s/dev", name);
	put(s, path, "not:a number, and far too long to be one\n");
	(void)snprintf(path, sizeof(path), PCI "/sound/%s/subsystem", name);
	link_to(s, "../../../../../class/sound", path);
	netdev(s, "a\033[2Jb", "up\nhostpci: all is well", "up\nhostpci: all is well");
	look(s, 0x020000);
	assert_int_equal(s->holdings.n, 1);
	is(s, 0, GRADE_ASK, "a?[2Jb", "port of interface up?hostpci: all is well", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(an_idle_card_is_free),
		scene_test(a_port_of_a_bridge),
		scene_test(an_interface_on_top),
		scene_test(an_interface_elsewhere),
		scene_test(one_of_several_is_elsewhere),
		scene_test(a_virtual_function_in_use),
		scene_test(odd_names_are_cut_and_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

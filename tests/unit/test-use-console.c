/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the host's console, and of its memory, is on a device. */
#include "use-scene.h"

#include <sys/stat.h>

#include <unistd.h>

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
		scene_test(the_console_is_on_it),
		scene_test(a_serial_line_may_be_the_console),
		scene_test(cxl_memory_may_be_ram),
		scene_test(a_console_that_hangs_is_not_waited_for),
		scene_test(a_second_card_has_no_console),
		scene_test(firmwares_framebuffer_needs_no_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

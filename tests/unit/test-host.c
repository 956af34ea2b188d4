/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of a host: functions, groups, and the facts that a plan is made from. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "host/facts.h"
#include "host/group.h"
#include "host/sysfs.h"

#define DEVICES "/sys/devices/pci0000:00/"

/* A function with its link on the bus and in its group (-1: none). */
static void add(const struct scratch *s, const char *address, const char *class_code,
		int group, const char *driver)
{
	char path[200], target[200];

	(void)snprintf(path, sizeof(path), DEVICES "%s/class", address);
	scratch_put(s, path, class_code);
	(void)snprintf(path, sizeof(path), DEVICES "%s/vendor", address);
	scratch_put(s, path, "0x8086\n");
	(void)snprintf(path, sizeof(path), DEVICES "%s/device", address);
	scratch_put(s, path, "0x10c9\n");
	(void)snprintf(path, sizeof(path), DEVICES "%s/driver_override", address);
	scratch_put(s, path, "(null)\n");
	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	(void)snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s", address);
	scratch_link(s, target, path);
	if (driver[0]) {
		(void)snprintf(path, sizeof(path), DEVICES "%s/driver", address);
		(void)snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s",
			       driver);
		scratch_link(s, target, path);
	}
	if (group < 0)
		return;
	(void)snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s",
		       group, address);
	(void)snprintf(target, sizeof(target), "../../../../devices/pci0000:00/%s",
		       address);
	scratch_link(s, target, path);
	(void)snprintf(path, sizeof(path), DEVICES "%s/iommu_group", address);
	(void)snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%d", group);
	scratch_link(s, target, path);
}

static void make_host(const struct scratch *s)
{
	add(s, "0000:01:00.0", "0x020000\n", 7, "igb");
	add(s, "0000:01:00.1", "0x020000\n", 7, "");
	add(s, "0000:02:00.0", "0x010802\n", 3, "vfio-pci");
	add(s, "0000:00:1c.0", "0x060400\n", 7, "pcieport");
	add(s, "0000:03:00.0", "0x030000\n", -1, "mlx5_vfio_pci");
	scratch_mkdir(s, DEVICES "0000:03:00.0/vfio-dev");
	scratch_link(s, "../../devices/virtual/iommu/dmar0", "/sys/class/iommu/dmar0");
	scratch_put(s, "/proc/self/mountinfo", "");
	scratch_put(s, "/proc/swaps", "");
	scratch_put(s, DEVICES "0000:01:00.0/reset", "");
	scratch_link(s, "../0000:01:10.0", DEVICES "0000:01:00.0/virtfn0");
	scratch_link(s, "../0000:01:10.2", DEVICES "0000:01:00.0/virtfn1");
}

static struct device device(const struct scratch *s, const char *address)
{
	struct device d;
	struct bdf bdf;

	assert_int_equal(bdf_parse(address, &bdf), 0);
	assert_int_equal(device_read(&s->root, &bdf, &d), 0);
	return d;
}

static void a_function_is_read(void **state)
{
	struct scratch *s = *state;
	struct device d;

	make_host(s);
	d = device(s, "0000:01:00.0");
	assert_int_equal(d.vendor, 0x8086);
	assert_int_equal(d.product, 0x10c9);
	assert_int_equal(d.class_code, 0x020000);
	assert_int_equal(d.group, 7);
	assert_string_equal(d.driver, "igb");
	assert_int_equal(d.vfs, 2);
	assert_false(d.on_vfio || d.bridge || device_is_storage(&d));
	d = device(s, "0000:02:00.0");
	assert_true(d.on_vfio && device_is_storage(&d));
	d = device(s, "0000:00:1c.0");
	assert_true(d.bridge);
	d = device(s, "0000:03:00.0"); /* a variant driver, by what it offers */
	assert_true(d.on_vfio);
	assert_int_equal(d.group, -1);
	d = device(s, "0000:01:00.1");
	assert_string_equal(d.driver, "");
	assert_int_equal(device_read(&s->root, &(struct bdf){0, 9, 0, 0}, &d), -ENODEV);
}

static void numbers_are_as_the_kernel_prints_them(void **state)
{
	static const struct {
		const char *text;
		uint32_t want;
	} rows[] = {{"0x8086\n", 0x8086}, {"8086\n", 8086}, {"010\n", 10},
		    {"0\n", 0},		  {"x\n", 77},	    {"\n", 77},
		    {"1 2\n", 77},	  {"0x\n", 77},	    {"4294967295\n", UINT32_MAX},
		    {"4294967296\n", 77}};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scratch_put(s, "/sys/n", rows[i].text);
		if (sysfs_number(&s->root, "n", 77) != rows[i].want)
			fail_msg("'%s'", rows[i].text);
	}
	assert_int_equal(sysfs_number(&s->root, "none", 77), 77);
}

static void groups_are_by_address(void **state)
{
	struct scratch *s = *state;
	struct group group;

	make_host(s);
	assert_int_equal(group_read(&s->root, 7, &group), 0);
	assert_int_equal(group.n, 3);
	assert_int_equal(group.member[0].slot, 0x1c);
	assert_int_equal(group.member[2].function, 1);
	assert_int_equal(group_read(&s->root, 99, &group), -ENOENT);
	assert_true(group_iommu_present(&s->root));
}

static struct facts *gather(const struct scratch *s, const char *first,
			    const char *second)
{
	static struct spec spec;
	struct facts *facts;
	struct err err = {0};
	int r;

	spec = (struct spec){.vmid = 100};
	for (unsigned i = 0; i < (second ? 2U : 1U); i++) {
		spec.slot[i].present = true;
		spec.slot[i].wish.set = UINT64_C(1) << KEY_HOST;
		assert_int_equal(address_list_parse(i ? second : first,
						    &spec.slot[i].wish.host, &err),
				 0);
	}
	facts = facts_new();
	assert_non_null(facts);
	r = facts_resolve(&s->root, &spec, facts, &err);
	if (r == 0)
		r = facts_look(&s->root, &spec, facts, &err);
	if (r < 0 && r != -EINVAL)
		fail_msg("%s", err.msg);
	return r < 0 ? facts_free(facts) : facts;
}

static void facts_are_the_named_and_their_siblings_by_group(void **state)
{
	struct scratch *s = *state;
	struct facts *f;

	make_host(s);
	f = gather(s, "01:00.0", "02:00.0");
	assert_non_null(f);
	assert_true(f->iommu);
	assert_false(f->driver_ready);
	assert_int_equal(f->n, 4);
	assert_int_equal(f->fact[0].device.group, 3);
	assert_int_equal(f->fact[0].slot, 1);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(f->fact[i].device.group, 7);
	assert_true(f->fact[2].wanted);
	assert_false(f->fact[3].wanted);
	assert_non_null(facts_find(f, &(struct bdf){0, 1, 0, 1}));
	assert_null(facts_find(f, &(struct bdf){0, 3, 0, 0}));
	facts_free(f);
}

static void a_slot_is_all_its_functions(void **state)
{
	struct scratch *s = *state;
	struct facts *f;

	make_host(s);
	f = gather(s, "01:00", NULL);
	assert_non_null(f);
	assert_true(facts_find(f, &(struct bdf){0, 1, 0, 0})->wanted);
	assert_true(facts_find(f, &(struct bdf){0, 1, 0, 1})->wanted);
	facts_free(f);
}

static void what_is_not_there_is_absent(void **state)
{
	static const char *const addresses[] = {"77:00.0", "77:00", "01:ff.f", "01:00.f",
						"00000000:01:00.0"};
	struct scratch *s = *state;

	make_host(s);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct facts *f = gather(s, addresses[i], NULL);

		assert_non_null(f);
		assert_int_equal(f->n, 0);
		assert_int_equal(f->absents, 1);
		facts_free(f);
	}
}

static void a_device_is_given_once(void **state)
{
	struct scratch *s = *state;

	make_host(s);
	assert_null(gather(s, "01:00.0", "01:00"));
	assert_null(gather(s, "01:00.0", "0000:01:00.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_function_is_read),
		scratch_test(numbers_are_as_the_kernel_prints_them),
		scratch_test(groups_are_by_address),
		scratch_test(facts_are_the_named_and_their_siblings_by_group),
		scratch_test(a_slot_is_all_its_functions),
		scratch_test(what_is_not_there_is_absent),
		scratch_test(a_device_is_given_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

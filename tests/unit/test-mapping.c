/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings: what Proxmox reads is read, what it drops is named, and which way is chosen.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/choose.h"
#include "host/mapping-check.h"

#define MAP(group, path)                                               \
	"\tmap id=8086:1520,iommugroup=" group ",node=pve1,path=" path \
	",subsystem-id=8086:0001\n"

static struct mappings parse(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	struct mappings m;
	struct err err;

	assert_int_equal(mappings_parse(copy, strlen(copy), "pci.cfg", &m, &err), 0);
	return m;
}

static void sections_are_read_in_their_order(void **state)
{
	struct mappings m = parse(
		"# first\nnic\n" MAP("30", "0000:05:10.0")
			MAP("31", "0000:05:10.4") "\tmdev\n\nold\n" MAP(
				"1", "0000:01:00") "\nold\n" MAP("2", "0000:02:00"));

	(void)state;
	assert_int_equal(m.n, 2);
	assert_int_equal(m.notes.n, 1);
	assert_string_equal(
		m.notes.text[0],
		"pci.cfg:10: mapping old was there before, on line 7, which no "
		"longer counts: remove one");
	assert_string_equal(m.item[0].name, "nic");
	assert_int_equal(m.item[0].maps, 2);
	assert_true(m.item[0].mdev);
	assert_string_equal(m.item[0].map[1].iommugroup, "31");
	assert_int_equal(m.item[0].map[1].line, 4);
	assert_true(m.item[1].map[0].paths.item[0].whole_slot);
	assert_string_equal(m.item[1].map[0].path, "0000:02:00");
	assert_null(mappings_find(&m, "NIC"));
	mappings_free(&m);
}

static void what_is_dropped_is_named(void **state)
{
	static const struct {
		const char *text, *note;
		size_t n;
		bool rejected;
	} rows[] = {
		{"a b\n", "pci.cfg:1: Proxmox ignores 'a b'", 0, false},
		{"1a\n" MAP("1", "0000:01:00"), "Proxmox skips mapping '1a'", 0, false},
		{"nic\n", "has no valid 'map' line", 1, true},
		{"nic\n\tmap id=1\n", "pci.cfg:2: mapping nic: Proxmox drops this 'map'",
		 1, true},
		{"nic\n\tmap 0000:01:00\n", "has no key before it", 1, true},
		{"nic\n" MAP("x", "0000:01:00"), "iommugroup is a number", 1, true},
		{"nic\n" MAP("1", "01:00.0"), "path is an address with its domain", 1,
		 true},
		{"nic\n" MAP("1", "0000:01:00") "\tmdev yes\n",
		 "'yes' is neither 0 nor 1", 1, false},
		{"nic\n" MAP("1", "0000:01:00") "\tmdev 1\n\tmdev 0\n", "given twice", 1,
		 false},
		{"nic\n" MAP("1", "0000:01:00") "\tmdve 1\n", "no such property", 1,
		 false},
		{"nic\n" MAP("1", "0000:01:00") "gpu\n", "needs an empty line before it",
		 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mappings m = parse(rows[i].text);

		if (m.n != rows[i].n || !m.notes.n)
			fail_msg("'%s': %zu sections, %zu notes", rows[i].text, m.n,
				 m.notes.n);
		assert_contains(m.notes.text[0], rows[i].note);
		if (m.n)
			assert_int_equal(m.item[0].rejected, rows[i].rejected);
		mappings_free(&m);
	}
}

static void a_file_with_nul_bytes_is_refused(void **state)
{
	char text[] = "nic\n\0\n";
	struct mappings m;
	struct err err;

	(void)state;
	assert_int_equal(mappings_parse(text, sizeof(text) - 1, "pci.cfg", &m, &err),
			 -EINVAL);
}

/* A virtual function as sysfs shows it. */
static void put_device(const struct scratch *s, const char *name, int group)
{
	static const char *const files[][2] = {{"vendor", "0x8086\n"},
					       {"device", "0x1520\n"},
					       {"subsystem_vendor", "0x8086\n"},
					       {"subsystem_device", "0x0001\n"},
					       {"class", "0x020000\n"}};
	char path[128], target[64];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", name,
			       files[i][0]);
		scratch_put(s, path, files[i][1]);
	}
	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
	(void)snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d",
		       group);
	scratch_link(s, target, path);
}

static void put_nics(const struct scratch *s)
{
	put_device(s, "0000:05:10.0", 30);
	put_device(s, "0000:05:10.4", 31);
	scratch_mkdir(s, "/etc/pve/nodes/pve1");
	scratch_link(s, "nodes/pve1", "/etc/pve/local");
	scratch_put(s, "/etc/pve/mapping/pci.cfg",
		    "nic\n" MAP("30", "0000:05:10.0") MAP("31", "0000:05:10.4"));
}

static void what_differs_from_the_host_is_said(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"id=8086:1521,iommugroup=9,node=pve1,path=0000:05:10.0",
		 "id=8086:1521, but the host shows 8086:1520; iommugroup=9, but the host "
		 "shows 30; subsystem-id= is missing, the host shows 8086:0001"},
		{"id=8086:1520,iommugroup=30,node=pve1,path=0000:05:11.0",
		 "0000:05:11.0 is no PCI device"},
		{"id=8086:1520,iommugroup=030,node=pve1,path=0000:05:10,"
		 "subsystem-id=8086:0001",
		 "0000:05:10.0: iommugroup=030"},
	};
	struct scratch *s = *state;
	char text[300];
	struct err err;

	put_nics(s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mappings m;

		(void)snprintf(text, sizeof(text), "nic\n\tmap %s\n", rows[i].line);
		m = parse(text);
		assert_true(mapping_check(&s->root, &m.item[0], &m.item[0].map[0], NULL,
					  &err) < 0);
		assert_contains(err.msg, rows[i].why);
		mappings_free(&m);
	}
}

/* What hostpci0 gets, and what hostpci1, of a machine with both on the mapping. */
static void picks(struct scratch *s, const struct claim *claims, size_t n,
		  const char *first, const char *second)
{
	struct pick *pick = calloc(LIMIT_SLOTS, sizeof(*pick));
	struct absent absent[LIMIT_ADDRESSES];
	struct choice choice = {.pick = pick, .absent = absent};
	const char *want[] = {first, second};
	struct spec spec = {0};
	struct err err;

	assert_non_null(pick);
	scratch_put(s, "/etc/pve/qemu-server/100.conf",
		    "hostpci0: mapping=nic\nhostpci1: mapping=nic\n");
	assert_int_equal(spec_load(&s->root, NULL, 100, &spec, &err), 0);
	assert_int_equal(choose(&s->root, &spec, claims, n, &choice, &err), 0);
	for (unsigned i = 0; i < 2; i++) {
		if (want[i])
			assert_string_equal(BDF(&pick[i].bdf[0]), want[i]);
		else
			assert_int_equal(pick[i].err.code, EBUSY);
	}
	free(pick);
	spec_free(&spec);
}

static void the_first_free_way_is_chosen(void **state)
{
	const struct claim other = {.bdf = {0, 5, 0x10, 0}, .vmid = 101};

	put_nics(*state);
	picks(*state, NULL, 0, "0000:05:10.0", "0000:05:10.4");
	picks(*state, &other, 1, "0000:05:10.4", NULL);
}

static void a_mapping_that_is_not_there_is_an_error_of_its_slot(void **state)
{
	struct scratch *s = *state;
	struct pick *pick = calloc(LIMIT_SLOTS, sizeof(*pick));
	struct choice choice = {.pick = pick};
	struct spec spec = {0};
	struct err err;

	assert_non_null(pick);
	scratch_put(s, "/etc/pve/qemu-server/100.conf", "hostpci2: mapping=gpu\n");
	assert_int_equal(spec_load(&s->root, NULL, 100, &spec, &err), 0);
	assert_int_equal(choose(&s->root, &spec, NULL, 0, &choice, &err), 0);
	assert_int_equal(pick[2].err.code, ENOENT);
	assert_contains(pick[2].err.msg, "100.conf:1: hostpci2: there is no mapping=gpu");
	free(pick);
	spec_free(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_read_in_their_order),
		cmocka_unit_test(what_is_dropped_is_named),
		cmocka_unit_test(a_file_with_nul_bytes_is_refused),
		scratch_test(what_differs_from_the_host_is_said),
		scratch_test(the_first_free_way_is_chosen),
		scratch_test(a_mapping_that_is_not_there_is_an_error_of_its_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

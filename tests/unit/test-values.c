/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that are parsed once, at the edge. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/bdf.h"
#include "base/limits.h"
#include "base/name.h"
#include "base/number.h"
#include "base/phase.h"
#include "base/vmid.h"
#include "base/words.h"

static void bdf_reads_what_sysfs_writes(void **state)
{
	static const struct {
		const char *text;
		struct bdf want;
	} good[] = {
		{"0000:01:00.0", {0, 1, 0, 0}},
		{"0000:ff:1f.7", {0, 0xff, 0x1f, 7}},
		{"10000:e1:00.0", {0x10000, 0xe1, 0, 0}},
		{"ffffffff:00:00.0", {UINT32_MAX, 0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct bdf got;

		assert_int_equal(bdf_parse(good[i].text, &got), 0);
		assert_true(bdf_equal(&got, &good[i].want));
		assert_string_equal(BDF(&got), good[i].text);
	}
}

static void bdf_refuses_anything_else(void **state)
{
	static const char *const bad[] = {
		"",
		"01:00.0",
		"000:01:00.0",
		"0000:1:00.0",
		"0000:01:0.0",
		"0000:01:20.0",
		"0000:01:00.8",
		"0000:01:00.",
		"0000:01:00",
		"0000:01:00.0 ",
		"0000:01:00.0\n",
		"0000:01:00.00",
		"0000:0A:00.0",
		"-000:01:00.0",
		" 0000:01:00.0",
		"0000:001:00.0",
		"../x",
		"100000000:01:00.0",
		"0000;01:00.0",
		"0000:01.00.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct bdf untouched = {7, 7, 7, 7};

		if (bdf_parse(bad[i], &untouched) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(untouched.domain, 7);
	}
}

static void bdf_orders_by_domain_bus_slot_function(void **state)
{
	static const struct bdf in_order[] = {
		{0, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}, {0, 1, 0, 0}, {1, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(in_order); i++)
		for (size_t j = 0; j < ARRAY_SIZE(in_order); j++) {
			int c = bdf_compare(&in_order[i], &in_order[j]);

			assert_true(i < j ? c < 0 : i > j ? c > 0 : c == 0);
			assert_int_equal(bdf_equal(&in_order[i], &in_order[j]), i == j);
		}
	assert_true(bdf_same_slot(&in_order[0], &in_order[1]));
	assert_false(bdf_same_slot(&in_order[1], &in_order[2]));
	assert_false(bdf_same_slot(&in_order[0], &in_order[4]));
}

static void number_is_digits_within_bounds(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int result;
		uint64_t want;
	} rows[] = {
		{"0", 10, 0, 0},
		{"010", 10, 0, 10}, /* decimal, whatever comes first */
		{"10", 10, 0, 10},
		{"11", 10, -ERANGE, 0},
		{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, -ERANGE, 0},
		{"99999999999999999999999", UINT64_MAX, -ERANGE, 0},
		{"", 10, -EINVAL, 0},
		{"+1", 10, -EINVAL, 0},
		{"-1", 10, -EINVAL, 0},
		{" 1", 10, -EINVAL, 0},
		{"1 ", 10, -EINVAL, 0},
		{"0x1", 10, -EINVAL, 0},
		{"1\n", 10, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t got = 77;

		if (number_parse(rows[i].text, rows[i].max, &got) != rows[i].result)
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(got, rows[i].result ? 77 : rows[i].want);
	}
}

static void vmid_is_as_proxmox_has_it(void **state)
{
	static const char *const bad[] = {
		"",	"99",	"0",   "0100", "1000000000", "100a", "100 ",
		"-100", "+100", "1e3", "100.", "4294967396", "../1"};
	uint32_t vmid;

	(void)state;
	assert_int_equal(vmid_parse("100", &vmid), 0);
	assert_int_equal(vmid, 100);
	assert_int_equal(vmid_parse("999999999", &vmid), 0);
	assert_int_equal(vmid, 999999999);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (vmid_parse(bad[i], &vmid) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
}

static void phases_go_there_and_back(void **state)
{
	(void)state;
	for (int i = 0; i < _PHASE_MAX; i++)
		assert_int_equal(phase_parse(phase_name((enum phase)i)), i);
	assert_int_equal(phase_parse("pre-start "), _PHASE_INVALID);
	assert_int_equal(phase_parse(""), _PHASE_INVALID);
	assert_string_equal(phase_name(_PHASE_INVALID), "?");
}

static void words_look_both_ways(void **state)
{
	static const char *const table[] = {"a", NULL, "c"};

	(void)state;
	assert_int_equal(words_find(table, 3, "c"), 2);
	assert_int_equal(words_find(table, 3, "b"), -1);
	assert_string_equal(words_name(table, 3, 0), "a");
	assert_string_equal(words_name(table, 3, 1), "?");
	assert_string_equal(words_name(table, 3, 3), "?");
	assert_string_equal(words_name(table, 3, -1), "?");
}

static void words_that_differ_by_a_slip_are_near(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} rows[] = {
		{"", "", 0},
		{"", "pf", 2},
		{"pf", "", 2},
		{"vfs", "vfs", 0},
		{"vsf", "vfs", 1},
		{"vsf", "pf", 2},
		{"ab", "ba", 1},
		{"mdv", "mdev", 1},
		{"paln", "plan", 1},
		{"ca", "abc", 3},
		{"kitten", "sitting", 3},
	};
	char long_one[34] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(words_distance(rows[i].a, rows[i].b), rows[i].distance);
	memset(long_one, 'x', sizeof(long_one) - 1);
	assert_true(words_distance(long_one, "x") >= WORDS_FAR);
	assert_true(words_distance("x", long_one) >= WORDS_FAR);
}

static void names_are_safe_in_paths_and_json(void **state)
{
	static const char *const good[] = {"nvme", "vfio-pci", "3w-9xxx",
					   "snd_hda_intel"};
	static const char *const bad[] = {"",	  ".",	  "..",	  "a/b",      "a\"b",
					  "a\\b", "a\nb", "\x7f", "\xc3\xa4", "a\tb"};
	char longest[LIMIT_NAME + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(name_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (name_valid(bad[i]))
			fail_msg("'%s' was taken", bad[i]);
	for (size_t i = 0; i < LIMIT_NAME; i++)
		longest[i] = 'a';
	longest[LIMIT_NAME] = '\0';
	assert_false(name_valid(longest));
	assert_true(name_valid(longest + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bdf_reads_what_sysfs_writes),
		cmocka_unit_test(bdf_refuses_anything_else),
		cmocka_unit_test(bdf_orders_by_domain_bus_slot_function),
		cmocka_unit_test(number_is_digits_within_bounds),
		cmocka_unit_test(vmid_is_as_proxmox_has_it),
		cmocka_unit_test(phases_go_there_and_back),
		cmocka_unit_test(words_look_both_ways),
		cmocka_unit_test(words_that_differ_by_a_slip_are_near),
		cmocka_unit_test(names_are_safe_in_paths_and_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key table is the source of help and of both syntaxes: it must agree with itself. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "spec/key.h"

static void each_row_is_complete(void **state)
{
	(void)state;
	assert_true(_KEY_MAX <= 64); /* wish.set has a bit for each */
	for (size_t i = 0; i < _KEY_MAX; i++) {
		const struct key *key = &key_table[i];

		assert_non_null(key->name);
		assert_true(key->name[0] &&
			    strlen(key->name) <= 32); /* key_nearest's row */
		if (!key->help || !key->help[0] || !key->where)
			fail_msg("%s has no help or no place", key->name);
		assert_true(key->help[strlen(key->help) - 1] != '.');
		assert_int_equal(key->where & ~(unsigned)(KEY_IN_PROXMOX | KEY_IN_DEVICE |
							  KEY_IN_VM | KEY_IN_HOST |
							  KEY_IN_SRIOV | KEY_IN_DRIVERS),
				 0);
		/* Whatever a line can say, the policy's group can say too. */
		if (key->where & KEY_IN_PROXMOX && !(key->where & KEY_IN_DEVICE))
			fail_msg("%s is only in Proxmox's lines", key->name);
	}
}

static void each_type_has_what_it_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < _KEY_MAX; i++) {
		const struct key *key = &key_table[i];

		assert_int_equal(!!key->words, key->type == KEY_TYPE_WORD);
		if (key->type == KEY_TYPE_WORD)
			for (long w = 0; w < key->max; w++)
				assert_non_null(key->words[w]);
		if (key->type == KEY_TYPE_INT)
			assert_true(key->min < key->max && key->max <= INT32_MAX);
		if (key->type == KEY_TYPE_TEXT)
			assert_true(key->max > 1);
		if (key->valid)
			assert_true(key->type == KEY_TYPE_TEXT ||
				    key->type == KEY_TYPE_TEXTS);
		assert_true(key->offset + key_size(key) <= sizeof(struct wish));
	}
}

static void names_and_members_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < _KEY_MAX; i++)
		for (size_t j = 0; j < i; j++) {
			const struct key *a = &key_table[i], *b = &key_table[j];

			/* A name may mean another thing where the first may not stand. */
			if (a->where & b->where)
				assert_string_not_equal(a->name, b->name);
			if (a->offset < b->offset + key_size(b) &&
			    b->offset < a->offset + key_size(a))
				fail_msg("%s and %s share memory", a->name, b->name);
		}
}

static void keys_are_found_where_they_may_stand(void **state)
{
	(void)state;
	assert_ptr_equal(key_find("pcie", KEY_IN_PROXMOX), &key_table[KEY_PCIE]);
	assert_ptr_equal(key_find("pcie", KEY_IN_DEVICE), &key_table[KEY_PCIE]);
	assert_null(key_find("pcie", KEY_IN_VM));
	assert_null(key_find("return", KEY_IN_PROXMOX));
	assert_null(key_find("strict", KEY_IN_DEVICE));
	assert_null(key_find("PCIE", KEY_IN_PROXMOX));
	assert_null(key_find("", KEY_IN_PROXMOX));
}

static void the_nearest_key_is_guessed(void **state)
{
	static const struct {
		const char *name;
		unsigned where;
		const char *want; /* NULL: none is near */
	} rows[] = {
		{"pice", KEY_IN_PROXMOX, "pcie"},
		{"pci", KEY_IN_PROXMOX, "pcie"},
		{"xvga", KEY_IN_PROXMOX, "x-vga"},
		{"retrun", KEY_IN_VM, "return"},
		{"retrun", KEY_IN_PROXMOX, NULL},
		{"completely-different", KEY_IN_VM, NULL},
		{"x123456789012345678901234567890123456789", KEY_IN_VM, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct key *key = key_nearest(rows[i].name, rows[i].where);

		if (!rows[i].want)
			assert_null(key);
		else
			assert_string_equal(key ? key->name : "", rows[i].want);
	}
}

static void each_type_refuses_the_others(void **state)
{
	struct wish w = {0};
	struct err err;

	(void)state;
	for (size_t i = 0; i < _KEY_MAX; i++) {
		const struct key *key = &key_table[i];

		w.set = 0;
		if (key->type != KEY_TYPE_BOOL)
			assert_int_equal(key_store_bool(key, true, &w, &err), -EINVAL);
		if (key->type != KEY_TYPE_INT)
			assert_int_equal(key_store_int(key, 1, &w, &err), -EINVAL);
		if (key->type == KEY_TYPE_BOOL || key->type == KEY_TYPE_INT)
			assert_int_equal(key_store_text(key, "1", &w, &err), -EINVAL);
		assert_contains(err.msg, key->name);
		assert_int_equal(w.set, 0); /* nothing counts as given */
	}
}

static void ranges_hold_at_their_ends(void **state)
{
	const struct key *key = &key_table[KEY_DEADLINE];
	struct wish w = {0};
	struct err err;

	(void)state;
	assert_int_equal(key_store_int(key, key->min, &w, &err), 0);
	assert_int_equal(key_store_int(key, key->max, &w, &err), 0);
	assert_int_equal(w.deadline, key->max);
	assert_int_equal(key_store_int(key, key->min - 1, &w, &err), -ERANGE);
	assert_int_equal(key_store_int(key, key->max + 1, &w, &err), -ERANGE);
	assert_int_equal(w.deadline, key->max);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_complete),
		cmocka_unit_test(each_type_has_what_it_needs),
		cmocka_unit_test(names_and_members_are_unique),
		cmocka_unit_test(keys_are_found_where_they_may_stand),
		cmocka_unit_test(the_nearest_key_is_guessed),
		cmocka_unit_test(each_type_refuses_the_others),
		cmocka_unit_test(ranges_hold_at_their_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

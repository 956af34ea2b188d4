/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pool's name on a member of ZFS, from bytes that may be anybody's. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/zfs-label.h"

struct label {
	unsigned char data[512];
	size_t n;
};

static void word(struct label *l, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		l->data[l->n++] = (unsigned char)(v >> shift);
}

static void text(struct label *l, const char *s)
{
	size_t n = strlen(s);

	word(l, (uint32_t)n);
	memcpy(l->data + l->n, s, n);
	l->n += (n + 3) & ~(size_t)3;
}

static struct label begin(void)
{
	struct label l = {.data = {1, 1}, .n = 4};

	word(&l, 0); /* version */
	word(&l, 1); /* unique names */
	return l;
}

/* Made by hand after OpenZFS' module/nvpair/nvpair.c: sizes, name, type, count, value. */
static void add(struct label *l, const char *name, uint32_t type, const char *value)
{
	struct label pair = {.n = 8};

	text(&pair, name);
	word(&pair, type);
	word(&pair, 1);
	text(&pair, value);
	word(l, (uint32_t)pair.n);
	word(l, 64);
	memcpy(l->data + l->n, pair.data + 8, pair.n - 8);
	l->n += pair.n - 8;
}

static void the_pool_is_found(void **state)
{
	struct label l = begin();
	char pool[32];

	(void)state;
	add(&l, "hostname", 9, "pve1");
	add(&l, "name", 8, "no text");
	add(&l, "name", 9, "rpool");
	assert_int_equal(zfs_label_pool(l.data, sizeof(l.data), pool, sizeof(pool)), 0);
	assert_string_equal(pool, "rpool");
	assert_int_equal(zfs_label_pool(l.data, sizeof(l.data), pool, 5), -ENODATA);
}

/* The beginnings of labels of OpenZFS 2.3.2: version, and a pool's name, or a state. */
static void a_real_label_is_read(void **state)
{
	static const unsigned char data[] =
		"\1\1\0\0\0\0\0\0\0\0\0\1"
		"\0\0\0$\0\0\0 \0\0\0\7version\0\0\0\0\10\0\0\0\1\0\0\0\0\0\0\x13\x88"
		"\0\0\0$\0\0\0 \0\0\0\4name\0\0\0\t\0\0\0\1\0\0\0\7labtank\0";
	static const unsigned char spare[] =
		"\1\1\0\0\0\0\0\0\0\0\0\1"
		"\0\0\0$\0\0\0 \0\0\0\7version\0\0\0\0\10\0\0\0\1\0\0\0\0\0\0\x13\x88"
		"\0\0\0$\0\0\0 "
		"\0\0\0\5state\0\0\0\0\0\0\10\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\0";
	char pool[32];

	(void)state;
	assert_int_equal(zfs_label_pool(data, sizeof(data), pool, sizeof(pool)), 0);
	assert_string_equal(pool, "labtank");
	/* Spares and caches do not say of which pool. */
	assert_int_equal(zfs_label_pool(spare, sizeof(spare), pool, sizeof(pool)),
			 -ENODATA);
}

static void other_data_is_none(void **state)
{
	struct label l = begin();
	unsigned char zero[64] = {0};
	char pool[32];

	(void)state;
	assert_int_equal(zfs_label_pool(zero, sizeof(zero), pool, sizeof(pool)),
			 -ENODATA);
	assert_int_equal(zfs_label_pool(l.data, 0, pool, sizeof(pool)), -ENODATA);
	assert_int_equal(zfs_label_pool(l.data, sizeof(l.data), pool, sizeof(pool)),
			 -ENODATA);
	add(&l, "name", 9, "rpool");
	/* Cut off anywhere, and with every byte wrong: never beyond the end (ASAN). */
	for (size_t n = 0; n < l.n; n++) {
		unsigned char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, l.data, n);
		(void)!zfs_label_pool(copy, n, pool, sizeof(pool));
		free(copy);
	}
	for (size_t i = 0; i < l.n; i++) {
		struct label bad = l;

		bad.data[i] = 0xff;
		(void)!zfs_label_pool(bad.data, l.n, pool, sizeof(pool));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pool_is_found),
		cmocka_unit_test(a_real_label_is_read),
		cmocka_unit_test(other_data_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

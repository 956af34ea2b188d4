/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storages: which of them can hold a hookscript, as Proxmox reads storage.cfg. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "spec/storage.h"

static struct storages parse(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	struct storages s;
	struct err err;

	assert_int_equal(storages_parse(copy, strlen(copy), "storage.cfg", &s, &err), 0);
	return s;
}

#define DIR(id, rest) "dir: " id "\n\tpath /srv/" id "\n" rest "\n"
#define NO_LOCAL      "dir: local\n\tpath /var/lib/vz\n\tcontent iso\n\n"

/* Which storage is picked on node pve1, and which folder its snippets are in. */
static void the_right_one_is_picked(void **state)
{
	static const struct {
		const char *text, *id, *folder;
	} rows[] = {
		/* Proxmox's own, where there is none or an odd one. */
		{"", "local", "/var/lib/vz/snippets"},
		{"lvm: local\n\tvgname x\n", "local", "/var/lib/vz/snippets"},
		{"dir: local\n\tpath /srv\n\tcontent iso\n", "local",
		 "/var/lib/vz/snippets"},
		{DIR("one", "\tcontent snippets\n"), "local", "/var/lib/vz/snippets"},
		/* With a section, what it says; without a path it has one. */
		{"dir: local\n\tcontent iso,snippets\n", "local", "/var/lib/vz/snippets"},
		{"DIR: local\n\tcontent snippets\n\tnodes other\n", "local",
		 "/var/lib/vz/snippets"},
		{NO_LOCAL DIR("one", "\tcontent iso;snippets backup\n"), "one",
		 "/srv/one/snippets"},
		/* local before others, a local one before a shared one. */
		{DIR("one", "\tcontent snippets\n") "dir: local\n\tcontent snippets\n",
		 "local", "/var/lib/vz/snippets"},
		{NO_LOCAL
		 "nfs: net\n\tcontent snippets\n\n" DIR("one", "\tcontent snippets\n"),
		 "one", "/srv/one/snippets"},
		{NO_LOCAL DIR("one", "\tcontent snippets\n\tshared 1\n")
			 DIR("two", "\tcontent snippets\n\tshared 0\n"),
		 "two", "/srv/two/snippets"},
		{NO_LOCAL "nfs: net\n\tcontent snippets\n\tserver x\n", "net",
		 "/mnt/pve/net/snippets"},
		/* Not these. */
		{NO_LOCAL DIR("one", "\tcontent snippets\n\tdisable\n")
			 DIR("two", "\tcontent snippets\n\tdisable 1\n")
				 DIR("tri", "\tcontent snippets\n\tdisable 0\n"),
		 "tri", "/srv/tri/snippets"},
		{NO_LOCAL DIR("one", "\tcontent snippets\n\tnodes pve2,pve3\n")
			 DIR("two", "\tcontent snippets\n\tnodes pve2;pve1\n"),
		 "two", "/srv/two/snippets"},
		{NO_LOCAL "zfspool: one\n\tpool x\n\tcontent snippets\n\n"
			  "dir: two\n\tcontent snippets\n\n"
			  "cephfs: tri\n\tcontent snippets\n",
		 "tri", "/mnt/pve/tri/snippets"},
		/* Odd input: the first of two keys counts, the last of two sections. */
		{NO_LOCAL DIR("one", "\tcontent snippets\n\tcontent iso\n"), "one",
		 "/srv/one/snippets"},
		{NO_LOCAL DIR("one", "\tcontent iso\n") DIR("two", "\tcontent snippets\n")
			 DIR("one", "\tcontent snippets\n"),
		 "two", "/srv/two/snippets"},
		{NO_LOCAL "# x\nwhat is this\n\ndir: 1x\n\tpath /x\n\tcontent "
			  "snippets\n\n" DIR("one", "x\n\t# no\n \n\t content  snippets "
						    "\n"),
		 "one", "/srv/one/snippets"},
		{NO_LOCAL DIR("one", "\tcontent none,snippets\n")
			 DIR("two", "\tcontent snippets\n"),
		 "two", "/srv/two/snippets"},
		{NO_LOCAL DIR("one", "\tcontent snippets\n\tcontent-dirs "
				     "iso=a/b,snippets=my/hooks\n"),
		 "one", "/srv/one/my/hooks"},
		{NO_LOCAL DIR("one", "\tcontent snippets\n\tcontent-dirs "
				     "snippets=../../etc\n"),
		 "one", "/srv/one/snippets"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct storages s = parse(rows[i].text);
		const struct storage *found;
		char folder[STORAGE_PATH];
		struct err err = {0};

		if (storages_pick(&s, NULL, "pve1", &found, &err) < 0)
			fail_msg("'%s': %s", rows[i].text, err.msg);
		assert_string_equal(found->id, rows[i].id);
		assert_string_equal(storage_folder(found, folder), rows[i].folder);
		storages_free(&s);
	}
}

static void what_helps_is_said(void **state)
{
	static const struct {
		const char *text, *id, *says;
	} rows[] = {
		{"dir: local\n\tcontent iso,vztmpl,backup,import\n", NULL,
		 "pvesm set local --content iso,vztmpl,backup,import,snippets"},
		{"dir: local\n\tpath /var/lib/vz\n", NULL,
		 "pvesm set local --content images,rootdir,snippets"},
		{"dir: local\n\tcontent none\n", NULL,
		 "pvesm set local --content snippets"},
		{"dir: local\n\tdisable\n\nnfs: net\n", NULL,
		 "pvesm set net --content images,snippets"},
		{"dir: local\n\tdisable\n", NULL, "pvesm set local --disable 0"},
		{NO_LOCAL, "local", "pvesm set local --content iso,snippets"},
		{"", "nas", "there is no storage 'nas'"},
		{"rbd: ceph\n\tcontent images\n", "ceph", "its type has no files"},
		{DIR("one", "\tcontent snippets\n\tnodes b\n"), "one",
		 "it is not for this node"},
		{DIR("one", "\tcontent snippets\n\tdisable\n"), "one", "it is disabled"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct storages s = parse(rows[i].text);
		const struct storage *found;
		struct err err;

		assert_int_equal(storages_pick(&s, rows[i].id, "pve1", &found, &err),
				 -ENOENT);
		assert_contains(err.msg, rows[i].says);
		assert_string_equal(err.file, "/etc/pve/storage.cfg");
		storages_free(&s);
	}
}

static void volumes(void **state)
{
	static const char *const wrong[] = {
		"",
		"x",
		"local:",
		"local:snippets/",
		"local:iso/x",
		"local:snippets/a/b",
		"local:snippets/..",
		"l:snippets/x",
		"1ocal:snippets/x",
		"loc al:snippets/x",
		"local-:snippets/x",
		"local:snippets/\n",
		"/var/lib/vz/snippets/x",
	};
	struct volume volume;

	(void)state;
	assert_int_equal(volume_parse("my-nfs.2:snippets/a b.pl", &volume), 0);
	assert_string_equal(volume.storage, "my-nfs.2");
	assert_string_equal(volume.name, "a b.pl");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (volume_parse(wrong[i], &volume) != -EINVAL)
			fail_msg("'%s' is taken", wrong[i]);
}

static void a_hook_is_found(void **state)
{
	struct storages s = parse("zfspool: pool\n\tpool x\n");
	char path[STORAGE_PATH];
	struct err err;

	(void)state;
	assert_int_equal(storage_resolve(&s, "local:snippets/x", path, &err), 0);
	assert_string_equal(path, "/var/lib/vz/snippets/x");
	assert_int_equal(storage_resolve(&s, "/root/x", path, &err), 0);
	assert_string_equal(path, "/root/x");
	assert_int_equal(storage_resolve(&s, "pool:snippets/x", path, &err), -EINVAL);
	assert_int_equal(storage_resolve(&s, "nas:snippets/x", path, &err), -ENOENT);
	storages_free(&s);
}

static void the_file_of_the_cluster_is_read(void **state)
{
	struct scratch *scratch = *state;
	struct storages s;
	struct err err;

	assert_int_equal(storages_load(&scratch->root, &s, &err), 0);
	assert_int_equal(s.n, 1);
	storages_free(&s);
	scratch_put(scratch, "/etc/pve/storage.cfg", NO_LOCAL DIR("one", ""));
	assert_int_equal(storages_load(&scratch->root, &s, &err), 0);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.item[1].id, "one");
	storages_free(&s);
	scratch_put_bytes(scratch, "/etc/pve/storage.cfg", "dir: \0\n", 7);
	assert_int_equal(storages_load(&scratch->root, &s, &err), -EINVAL);
	assert_contains(err.msg, "NUL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_one_is_picked),
		cmocka_unit_test(what_helps_is_said),
		cmocka_unit_test(volumes),
		cmocka_unit_test(a_hook_is_found),
		scratch_test(the_file_of_the_cluster_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What attach leaves behind: the stub, the note of the node, the chained hookscript. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "spec/hooks.h"
#include "spec/installed.h"
#include "spec/spec.h"
#include "spec/stub.h"
#include "spec/vmstore.h"

static struct vmtext text(const char *s)
{
	struct vmtext t = {0};

	assert_int_equal(vmtext_add(&t, s, strlen(s)), 0);
	return t;
}

static void what_is_added_is_taken_out_again(void **state)
{
	static const char *const policies[] = {
		"",
		"return = \"host\";\n",
		"return = \"host\"",
		"# only a comment",
		"hostpci0 = {\n\treturn = \"vfio\";\n};\n\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		struct vmtext old = text(policies[i]), added, removed;
		size_t n = old.size;

		assert_int_equal(hooks_text_add(&old, "local:snippets/a\"b\\c", &added),
				 0);
		assert_memory_equal(added.data, policies[i], n);
		assert_contains(added.data,
				"\nhooks = [ \"local:snippets/a\\\"b\\\\c\" ];\n");
		assert_int_equal(
			hooks_text_remove(&added, "local:snippets/a\"b\\c", &removed), 0);
		assert_memory_equal(removed.data, policies[i], n);
		assert_true(removed.size == n || removed.data[n] == '\n');
		vmtext_free(&removed);
		/* Another one's, or what somebody wrote, stays. */
		assert_int_equal(hooks_text_remove(&added, "local:snippets/x", &removed),
				 0);
		assert_null(removed.data);
		vmtext_free(&added);
		vmtext_free(&old);
	}
}

static void what_is_chained_is_read(void **state)
{
	struct scratch *s = *state;
	struct text_list hooks = {0};
	struct err err;

	scratch_mkdir(s, "/etc/pve");
	assert_int_equal(hooks_chain(&s->root, 100, "local:snippets/a", &err), 0);
	assert_int_equal(hooks_chain(&s->root, 100, "local:snippets/a", &err), 0);
	assert_int_equal(spec_load_hooks(&s->root, 100, &hooks, &err), 0);
	assert_int_equal(hooks.n, 1);
	assert_string_equal(hooks.text, "local:snippets/a");
	assert_int_equal(hooks_chain(&s->root, 100, "local:snippets/b", &err), -EEXIST);
	assert_contains(err.msg, "by hand");
	assert_int_equal(hooks_unchain(&s->root, 100, "local:snippets/b", &err), 0);
	assert_int_equal(hooks_unchain(&s->root, 100, "local:snippets/a", &err), 0);
	hooks.n = 0;
	assert_int_equal(spec_load_hooks(&s->root, 100, &hooks, &err), 0);
	assert_int_equal(hooks.n, 0);
}

static void the_nodes_note_is_read_again(void **state)
{
	const struct installed mine = {.version = "1.2.3", .stub = "/srv/x/hostpci-hook"};
	struct scratch *s = *state;
	struct installed read;
	struct err err;

	scratch_mkdir(s, "/etc/pve");
	assert_int_equal(installed_read(&s->root, "pve1", &read), -ENOENT);
	assert_int_equal(installed_write(&s->root, "pve1", &mine, &err), 0);
	assert_int_equal(installed_read(&s->root, "pve1", &read), 0);
	assert_string_equal(read.version, mine.version);
	assert_string_equal(read.stub, mine.stub);
	scratch_put(s, "/etc/pve/hostpci/installed/pve2", "what\nis: this\nversion:x\n");
	assert_int_equal(installed_read(&s->root, "pve2", &read), -EINVAL);
	assert_int_equal(installed_read(&s->root, "../x", &read), -EINVAL);
	assert_int_equal(installed_write(&s->root, "../x", &mine, &err), -EINVAL);
}

static void a_cluster_without_quorum_is_told(void **state)
{
	static const int codes[] = {EROFS, EACCES, EPERM};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		assert_int_equal(vmstore_error("/etc/pve/x", codes[i], &err), -EROFS);
		assert_contains(err.msg, "read-only without quorum");
	}
	assert_int_equal(vmstore_error("/etc/hostpci/x", EACCES, &err), -EACCES);
}

static void the_stub_is_whole_and_executable(void **state)
{
	struct storage storage = {.id = "local", .folder = "a/b"};
	struct scratch *s = *state;
	char path[256], volume[STUB_VOLUME];
	struct volume v;
	struct stat st;
	struct err err;
	char *found;
	bool made;

	(void)snprintf(storage.path, sizeof(storage.path), "/srv/x");
	assert_int_equal(stub_put(&s->root, &storage, &made, &err), -ENOENT);
	scratch_mkdir(s, "/srv/x");
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(stub_put(&s->root, &storage, &made, &err), 0);
		assert_int_equal(made, i == 0);
	}
	(void)snprintf(path, sizeof(path), "%s/srv/x/a/b/hostpci-hook", s->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	found = scratch_get(s, "/srv/x/a/b/hostpci-hook");
	assert_string_equal(found, stub_text);
	free(found);
	scratch_put(s, "/srv/x/a/b/hostpci-hook", "#!/bin/sh\n");
	assert_int_equal(stub_put(&s->root, &storage, NULL, &err), -EEXIST);
	storage.mounted = true;
	assert_int_equal(stub_put(&s->root, &storage, NULL, &err), -ENOTCONN);
	assert_true(stub_is(stub_volume(&storage, volume), &v));
	assert_string_equal(v.storage, "local");
	assert_false(stub_is("local:snippets/hostpci-hook.sh", &v));
	assert_false(stub_is("", &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_taken_out_again),
		scratch_test(what_is_chained_is_read),
		scratch_test(the_nodes_note_is_read_again),
		cmocka_unit_test(a_cluster_without_quorum_is_told),
		scratch_test(the_stub_is_whole_and_executable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files are read within bounds, believed only if nobody else could write them, and
 * replaced whole. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/lock.h"

static void full(const struct scratch *s, const char *path, char buf[static PATH_MAX])
{
	(void)snprintf(buf, PATH_MAX, "%s%s", s->path, path);
}

static void reads_up_to_a_bound(void **state)
{
	struct scratch *s = *state;
	_cleanup_free_ char *text = NULL;
	char big[10000];
	size_t size;

	memset(big, 'x', sizeof(big));
	scratch_put_bytes(s, "/f", big, sizeof(big));
	assert_int_equal(file_read(&s->root, "/f", sizeof(big) - 1, &text, &size),
			 -EFBIG);
	assert_null(text);
	assert_int_equal(file_read(&s->root, "/f", sizeof(big), &text, &size), 0);
	assert_int_equal(size, sizeof(big));
	assert_int_equal(text[size], '\0');
	assert_int_equal(file_read(&s->root, "/none", 10, &text, &size), -ENOENT);
}

static void an_empty_file_and_nul_bytes_are_read(void **state)
{
	struct scratch *s = *state;
	char *text;
	size_t size;

	scratch_put(s, "/empty", "");
	assert_int_equal(file_read(&s->root, "/empty", 10, &text, &size), 0);
	assert_int_equal(size, 0);
	assert_string_equal(text, "");
	free(text);
	scratch_put_bytes(s, "/nul", "a\0b", 3);
	assert_int_equal(file_read(&s->root, "/nul", 3, &text, &size), 0);
	assert_int_equal(size, 3);
	assert_memory_equal(text, "a\0b", 4);
	free(text);
}

static int trusted(const struct scratch *s, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;

	return file_read_trusted(&s->root, path, 100, &text, NULL, err);
}

static void trusts_only_what_nobody_else_writes(void **state)
{
	struct scratch *s = *state;
	char path[PATH_MAX];
	struct err err = {0};

	scratch_put(s, "/f", "x");
	full(s, "/f", path);
	assert_int_equal(trusted(s, "/f", &err), 0);
	assert_int_equal(err.code, 0);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(trusted(s, "/f", &err), -EPERM);
	assert_contains(err.msg, "chmod go-w");
	assert_string_equal(err.file, "/f");
	assert_int_equal(chmod(path, 0646), 0);
	assert_int_equal(trusted(s, "/f", &err), -EPERM);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(trusted(s, "/f", &err), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 1234, 0), 0);
		assert_int_equal(trusted(s, "/f", &err), -EPERM);
		assert_contains(err.msg, "user 1234");
	}
}

static void trusts_no_link_pipe_or_folder(void **state)
{
	struct scratch *s = *state;
	char path[PATH_MAX];
	struct err err;

	scratch_put(s, "/f", "x");
	scratch_link(s, "f", "/link");
	scratch_mkdir(s, "/folder");
	full(s, "/pipe", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(trusted(s, "/link", &err), -EPERM);
	assert_contains(err.msg, "symbolic link");
	assert_int_equal(trusted(s, "/folder", &err), -EPERM);
	assert_int_equal(trusted(s, "/pipe", &err),
			 -EPERM); /* and does not wait for it */
	assert_contains(err.msg, "not a regular file");
	assert_int_equal(trusted(s, "/none", &err), -ENOENT);
}

static void replaces_a_file_whole(void **state)
{
	struct scratch *s = *state;
	char path[PATH_MAX], *text;
	struct stat st;

	scratch_put(s, "/d/f", "a long old text");
	scratch_put(s, "/d/.f.new", "left by somebody who was killed");
	assert_int_equal(file_replace(&s->root, "/d", "f", "new", 3), 0);
	text = scratch_get(s, "/d/f");
	assert_string_equal(text, "new");
	free(text);
	full(s, "/d/f", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777U, 0600);
	assert_false(file_exists(&s->root, "/d/.f.new"));
	assert_int_equal(file_replace(&s->root, "/none", "f", "", 0), -ENOENT);
}

static void replaces_a_link_not_what_it_points_to(void **state)
{
	struct scratch *s = *state;
	char *text;

	scratch_put(s, "/d/victim", "mine");
	scratch_link(s, "victim", "/d/f");
	scratch_link(s, "victim", "/d/.f.new");
	assert_int_equal(file_replace(&s->root, "/d", "f", "new", 3), 0);
	text = scratch_get(s, "/d/victim");
	assert_string_equal(text, "mine");
	free(text);
}

static void makes_and_removes(void **state)
{
	struct scratch *s = *state;

	assert_int_equal(file_mkdir(&s->root, "/new", 0755), 0);
	assert_int_equal(file_mkdir(&s->root, "/new", 0755), 0);
	assert_int_equal(file_mkdir(&s->root, "/no/such", 0755), -ENOENT);
	scratch_put(s, "/new/f", "");
	assert_int_equal(file_remove(&s->root, "/new", "f"), 0);
	assert_int_equal(file_remove(&s->root, "/new", "f"), 0);
	assert_int_equal(file_remove(&s->root, "/nowhere", "f"), 0);
	assert_false(file_exists(&s->root, "/new/f"));
}

static void a_lock_is_waited_for_within_bounds(void **state)
{
	struct scratch *s = *state;
	_cleanup_close_ int mine = -1;
	int theirs;

	scratch_put(s, "/lock", "");
	mine = root_openat(&s->root, "/lock", O_RDWR, 0);
	theirs = root_openat(&s->root, "/lock", O_RDWR, 0);
	assert_int_equal(lock_take(theirs, 0), 0);
	assert_int_equal(lock_take(mine, 0), -EBUSY);
	assert_int_equal(lock_take(mine, 30), -EBUSY);
	close(theirs);
	assert_int_equal(lock_take(mine, 0), 0);
	assert_int_equal(lock_take(-1, 0), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(reads_up_to_a_bound),
		scratch_test(an_empty_file_and_nul_bytes_are_read),
		scratch_test(trusts_only_what_nobody_else_writes),
		scratch_test(trusts_no_link_pipe_or_folder),
		scratch_test(replaces_a_file_whole),
		scratch_test(replaces_a_link_not_what_it_points_to),
		scratch_test(makes_and_removes),
		scratch_test(a_lock_is_waited_for_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root that is moved for a test must neither lead elsewhere nor let a path out. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"

static void only_below_tmp(void **state)
{
	static const char *const bad[] = {
		"/",	   "/etc",	  "/tmp",
		"/tmp/..", "/tmp/../etc", "/tmp/hostpci-no-such-folder",
		""};
	struct scratch *s = *state;
	char link[PATH_MAX];
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct root root = ROOT_CLOSED;

		if (root_open(bad[i], &root, &err) >= 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(root.fd, -1);
	}
	/* Where a link points counts, not where it lies. */
	scratch_link(s, "/etc", "/elsewhere");
	(void)snprintf(link, sizeof(link), "%s/elsewhere", s->path);
	assert_true(root_open(link, &s->root, &err) < 0);
	assert_contains(err.msg, "not below /tmp");
}

static void a_file_is_no_root(void **state)
{
	struct scratch *s = *state;
	struct root root = ROOT_CLOSED;
	char path[PATH_MAX];
	struct err err;

	scratch_put(s, "/file", "");
	(void)snprintf(path, sizeof(path), "%s/file", s->path);
	assert_true(root_open(path, &root, &err) < 0);
}

static void nothing_gets_out(void **state)
{
	struct scratch *s = *state;

	scratch_link(s, "/etc/passwd", "/absolute");
	scratch_link(s, "../../../../../../etc/passwd", "/climbing");
	scratch_link(s, "/proc/self/root/etc/passwd", "/magic");
	assert_false(file_exists(&s->root, "/absolute"));
	assert_false(file_exists(&s->root, "/climbing"));
	assert_false(file_exists(&s->root, "/magic"));
	assert_false(file_exists(&s->root, "/../../../../etc/passwd"));
	scratch_put(s, "/etc/passwd", "mine");
	assert_true(file_exists(&s->root, "/absolute"));
	assert_true(file_exists(&s->root, "/climbing"));
}

static void sys_is_not_left(void **state)
{
	struct scratch *s = *state;

	scratch_put(s, "/etc/x", "");
	scratch_put(s, "/sys/devices/d/x", "");
	scratch_link(s, "../../etc/x", "/sys/class/out");
	scratch_link(s, "/sys/devices/d/x", "/sys/class/absolute");
	scratch_link(s, "../devices/d", "/sys/class/d");
	assert_int_equal(root_opensys(&s->root, "class/out", O_RDONLY), -EXDEV);
	assert_int_equal(root_opensys(&s->root, "class/absolute", O_RDONLY), -EXDEV);
	assert_int_equal(root_opensys(&s->root, "../etc/x", O_RDONLY), -EXDEV);
	cleanup_close(&(int){root_opensys(&s->root, "class/d/x", O_RDONLY)});
	assert_int_equal(root_opensys(&s->root, "class/d/y", O_WRONLY), -ENOENT);
}

static void descriptors_are_not_inherited(void **state)
{
	struct scratch *s = *state;
	_cleanup_close_ int fd = root_openat(&s->root, "/sys", O_RDONLY | O_DIRECTORY, 0);

	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(s->root.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(s->root.sys, F_GETFD) & FD_CLOEXEC);
}

static void closing_twice_is_fine(void **state)
{
	struct root root = ROOT_CLOSED;
	struct scratch *s = *state;
	struct err err;

	assert_int_equal(root_open(s->path, &root, &err), 0);
	assert_true(root.moved);
	root_close(&root);
	assert_int_equal(root.fd, -1);
	root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(only_below_tmp),
		scratch_test(a_file_is_no_root),
		scratch_test(nothing_gets_out),
		scratch_test(sys_is_not_left),
		scratch_test(descriptors_are_not_inherited),
		scratch_test(closing_twice_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

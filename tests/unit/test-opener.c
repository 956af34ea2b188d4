/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a device file open: by the links of /proc/PID/fd, not by following them. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/opener.h"
#include "host/open-look.h"

static void process(const struct scratch *s, int pid, const char *comm, int fds,
		    const char *const *target)
{
	char path[64], text[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	(void)snprintf(text, sizeof(text), "%s\n", comm);
	scratch_put(s, path, text);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	scratch_mkdir(s, path);
	for (int i = 0; i < fds; i++) {
		char below[160];

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		(void)snprintf(below, sizeof(below), "%s%s",
			       target[i][0] == '/' ? s->path : "", target[i]);
		scratch_link(s, below, path);
	}
}

static const char *ask(const struct scratch *s, const char *request)
{
	static char buf[256];

	assert_int_equal(open_look(&s->root, request, buf, sizeof(buf)), 0);
	return buf;
}

static void by_path_where_there_is_no_number(void **state)
{
	const char *const a[] = {"pipe:[12]", "/dev/nvidia0", "/dev/nvidia0"};
	const char *const b[] = {"/dev/nvidia01", "/x/nvidia0", "/dev/nvidia0 (deleted)"};
	struct scratch *s = *state;

	process(s, 7, "one", 3, a);
	process(s, 8, "other", 3, b);
	scratch_put(s, "/proc/9x/comm", "none");
	assert_string_equal(ask(s, "0 0 /dev/nvidia0\n"), "0 7\n"); /* once */
	assert_string_equal(ask(s, "0 0 /dev/x\n0 0 /dev/nvidia0\n"), "1 7\n");
	assert_string_equal(ask(s, ""), "");
	assert_string_equal(ask(s, "nonsense"), "");
	assert_string_equal(ask(s, "0 0"), "");
}

static void by_number_where_there_is_one(void **state)
{
	const char *const fd[] = {"/dev/null"};
	struct stat st;
	struct scratch *s = *state;
	char request[64];

	/* The links of the fake processes lead to the real device. */
	scratch_link(s, "/dev/null", "/dev/null");
	scratch_link(s, "/dev/null", "/elsewhere/null");
	assert_int_equal(stat("/dev/null", &st), 0);
	process(s, 7, "real", 1, fd);
	scratch_link(s, "/dev/zero", "/elsewhere/x/null");
	process(s, 8, "named so", 1, (const char *const[]){"/elsewhere/x/null"});
	process(s, 9, "in a container", 1, (const char *const[]){"/elsewhere/null"});
	(void)snprintf(request, sizeof(request), "%u %u /dev/null\n", major(st.st_rdev),
		       minor(st.st_rdev));
	/* At most two are told, in no order. */
	assert_non_null(strstr(ask(s, request), "0 7\n"));
	assert_non_null(strstr(ask(s, request), "0 9\n"));
	assert_string_equal(ask(s, "1 77 /dev/null\n"), "");
	scratch_link(s, "/dev/null", "/elsewhere/renderD128");
	process(s, 10, "by another number", 1,
		(const char *const[]){"/elsewhere/renderD128"});
	(void)snprintf(request, sizeof(request), "%u %u /dev/dri/renderD129\n",
		       major(st.st_rdev), minor(st.st_rdev));
	assert_string_equal(ask(s, request), "0 10\n");
	assert_string_equal(ask(s, "226 129 /dev/dri/renderD129\n"), "");
	/* The root itself, and a request without a path. */
	process(s, 11, "the root", 1, (const char *const[]){"/."});
	(void)snprintf(request, sizeof(request), "%s/proc/11/fd/0", s->path);
	assert_int_equal(unlink(request), 0);
	scratch_link(s, s->path, "/proc/11/fd/0");
	assert_string_equal(ask(s, "226 129 /dev/dri/renderD129\n"), "");
	assert_string_equal(ask(s, "226 129 x\n"), "");
}

static void each_file_has_its_room(void **state)
{
	const char *const fd[] = {"/dev/a", "/dev/b"};
	struct scratch *s = *state;

	for (int pid = 100; pid < 110; pid++)
		process(s, pid, "many", 1, fd);
	process(s, 200, "one", 1, fd + 1);
	assert_int_equal(strlen(ask(s, "0 0 /dev/a\n0 0 /dev/b\n")),
			 (LIMIT_OPENERS + 1) * strlen("0 100\n"));
	assert_non_null(strstr(ask(s, "0 0 /dev/a\n0 0 /dev/b\n"), "1 200\n"));
}

static void an_answer_is_cut_to_whole_lines(void **state)
{
	const char *const fd[] = {"/dev/snd/pcmC0D0p"};
	struct scratch *s = *state;
	char buf[10];

	for (int pid = 100; pid < 110; pid++)
		process(s, pid, "pipewire", 1, fd);
	assert_int_equal(open_look(&s->root, "0 0 /dev/snd/pcmC0D0p\n", buf, sizeof(buf)),
			 0);
	assert_int_equal(strlen(buf), strlen("0 100\n"));
}

static void lines_go_there_and_back(void **state)
{
	struct node node = {.path = "/dev/dri/card0", .major = 226, .minor = 1};
	char buf[32];
	const char *text = "0 7\n12 4194304\nbad\n";
	size_t index, at;
	pid_t pid;

	(void)state;
	at = open_look_line(&node, buf, sizeof(buf), 0);
	assert_string_equal(buf, "226 1 /dev/dri/card0\n");
	assert_int_equal(open_look_line(&node, buf, sizeof(buf), at), 0);
	assert_string_equal(buf, "226 1 /dev/dri/card0\n");
	assert_true(open_look_next(&text, &index, &pid) && index == 0 && pid == 7);
	assert_true(open_look_next(&text, &index, &pid) && index == 12 && pid == 4194304);
	assert_false(open_look_next(&text, &index, &pid));
}

static void a_name_cannot_write_a_line_of_ours(void **state)
{
	struct scratch *s = *state;
	char buf[64];

	process(s, 7, "x\thostpci: \033[2J", 0, NULL);
	assert_string_equal(opener_name(&s->root, 7, buf, sizeof(buf)),
			    "pid 7 (x?hostpci: ?[2J)");
	assert_string_equal(opener_name(&s->root, 8, buf, sizeof(buf)), "pid 8 (?)");
}

static void the_first_is_named(void **state)
{
	const char *const fd[] = {"/dev/vfio/12"};
	struct scratch *s = *state;
	char buf[64];

	process(s, 7, "qemu", 1, fd);
	assert_string_equal(opener_first(&s->root, "/dev/vfio/12", buf, sizeof(buf)),
			    "pid 7 (qemu)");
	assert_string_equal(opener_first(&s->root, "/dev/vfio/1", buf, sizeof(buf)), "");
}

static void one_that_is_going(void **state)
{
	static const struct {
		const char *stat;
		bool going;
	} rows[] = {
		{"7 (a) b) S 1 7 7 0 -1 4194560 0 0", false},
		{"7 (a) S 1 7 7 0 -1 4194564 0 0", true}, /* 0x400104: exiting */
		{"7 (a) Z 1 7 7 0 -1 4194560 0 0", true},
		{"7 (a) X 1 7 7 0 -1 4194560 0 0", true},
		{"7 (a) S 1 7", false},
		{"7", true},
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scratch_put(s, "/proc/7/stat", rows[i].stat);
		if (proc_is_going(&s->root, 7) != rows[i].going)
			fail_msg("row %zu", i);
	}
	assert_true(proc_is_going(&s->root, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(by_path_where_there_is_no_number),
		scratch_test(by_number_where_there_is_one),
		scratch_test(each_file_has_its_room),
		scratch_test(an_answer_is_cut_to_whole_lines),
		cmocka_unit_test(lines_go_there_and_back),
		scratch_test(a_name_cannot_write_a_line_of_ours),
		scratch_test(the_first_is_named),
		scratch_test(one_that_is_going),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

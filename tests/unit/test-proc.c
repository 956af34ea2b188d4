/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes by number and start time, from files as /proc has them. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/proc.h"

/* Fields 3 to 21, then the start time, then more. */
#define REST(start) " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 " start " 20 21\n"

static void the_start_time_is_field_22(void **state)
{
	static const struct {
		const char *stat;
		int result;
		uint64_t start;
	} rows[] = {
		{"7 (qemu)" REST("4711"), 0, 4711},
		/* The name is in brackets and may hold anything. */
		{"7 (a) b) 1 2 3)" REST("99"), 0, 99},
		{"7 (qemu) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 5 6\n", -ESRCH,
		 0},
		{"7 (qemu) S 1 2\n", -ESRCH, 0},
		{"7 (qemu)" REST("-1"), -ESRCH, 0},
		{"junk", -ESRCH, 0},
		{"", -ESRCH, 0},
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct proc_id id = {0};

		scratch_put(s, "/proc/7/stat", rows[i].stat);
		if (proc_identify(&s->root, 7, &id) != rows[i].result)
			fail_msg("'%s'", rows[i].stat);
		assert_int_equal(id.start, rows[i].start);
	}
}

static void a_number_used_again_is_somebody_else(void **state)
{
	struct scratch *s = *state;

	scratch_put(s, "/proc/7/stat", "7 (qemu)" REST("4711"));
	assert_true(proc_alive(&s->root, &(struct proc_id){7, 4711}));
	assert_false(proc_alive(&s->root, &(struct proc_id){7, 4710}));
	assert_false(proc_alive(&s->root, &(struct proc_id){8, 4711}));
	assert_false(proc_alive(&s->root, &(struct proc_id){0, 4711}));
}

static void a_vms_qemu_has_its_id(void **state)
{
	static const struct {
		const char *line;
		size_t size;
		bool is;
	} rows[] = {
#define ROW(text, is) {text, sizeof(text), is}
		ROW("kvm\0-id\000100", true),
		ROW("kvm\0-id\0001000", false),
		ROW("kvm\0-name\000100", false),
		ROW("kvm\0-id", false),
		ROW("kvm\0-id\000200\0-id\000100", true),
		ROW("-id 100", false),
		ROW("", false),
#undef ROW
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scratch_put_bytes(s, "/proc/7/cmdline", rows[i].line, rows[i].size);
		assert_int_equal(proc_is_vm(&s->root, 7, 100), rows[i].is);
	}
	assert_false(proc_is_vm(&s->root, 8, 100));
}

static void one_that_does_not_let_itself_be_asked_is_the_vm(void **state)
{
	struct scratch *s = *state;
	int64_t begin = clock_ms();
	char path[PATH_MAX + 32];

	scratch_put(s, "/proc/7/stat", "");
	(void)snprintf(path, sizeof(path), "%s/proc/7/cmdline", s->root.path);
	assert_int_equal(mkfifo(path, 0600), 0); /* opening it waits for a writer */
	assert_true(proc_is_vm(&s->root, 7, 100));
	assert_in_range(clock_ms() - begin, LIMIT_READ_MS, LIMIT_READ_MS * 2);
}

static void the_boot_id_is_whole_or_refused(void **state)
{
	struct scratch *s = *state;
	char id[PROC_BOOT_ID];

	assert_int_equal(proc_boot_id(&s->root, id), 0);
	assert_string_equal(id, UNIT_BOOT);
	scratch_put(s, "/proc/sys/kernel/random/boot_id", "short\n");
	assert_int_equal(proc_boot_id(&s->root, id), -EBADMSG);
}

static void a_stack_is_one_bounded_line(void **state)
{
	struct scratch *s = *state;
	char text[100], small[12], *p;

	scratch_put(s, "/proc/7/stack",
		    "[<0>] vfio_unregister_group_dev+0x9a/0x130\n[<0>] "
		    "unbind_store+0x10/0x20\n");
	p = text;
	assert_ptr_equal(proc_stack(&s->root, 7, text, sizeof(text)), p);
	assert_string_equal(text, "vfio_unregister_group_dev < unbind_store");
	(void)proc_stack(&s->root, 7, small, sizeof(small));
	assert_string_equal(small, "vfio_unregi");
	(void)proc_stack(&s->root, 8, text, sizeof(text));
	assert_string_equal(text, "");
}

/* The kernel's own answer, for children of this program. */
static void the_clock_is_that_of_start_times(void **state)
{
	struct root root;
	struct proc_id id;
	struct err err;

	(void)state;
	assert_int_equal(root_open(NULL, &root, &err), 0);
	for (int i = 0; i < 20; i++) {
		uint64_t before = proc_clock(), after;
		pid_t pid = fork();

		if (pid == 0) {
			(void)pause();
			_exit(0);
		}
		assert_true(pid > 0);
		after = proc_clock();
		assert_int_equal(proc_identify(&root, pid, &id), 0);
		assert_in_range(id.start, before, after);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(the_start_time_is_field_22),
		scratch_test(a_number_used_again_is_somebody_else),
		cmocka_unit_test(the_clock_is_that_of_start_times),
		scratch_test(a_vms_qemu_has_its_id),
		scratch_test(one_that_does_not_let_itself_be_asked_is_the_vm),
		scratch_test(the_boot_id_is_whole_or_refused),
		scratch_test(a_stack_is_one_bounded_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

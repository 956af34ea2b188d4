/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine begins, and what it does not any more: real children on a fake root. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/engine.h"

#define OVERRIDE(address) "/sys/bus/pci/devices/" address "/driver_override"
#define FIRST		  OVERRIDE("0000:01:00.0")
#define SECOND		  OVERRIDE("0000:02:00.0")

struct scene {
	struct scratch s;
	struct journal *journal;
	struct deed deed[2];
	struct cancel cancel;
};

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct err err;

	if (!s)
		return -1;
	s->cancel = CANCEL_NONE;
	scratch_make(&s->s);
	scratch_mkdir(&s->s, "/run/hostpci/vm");
	scratch_put(&s->s, "/proc/sys/kernel/random/boot_id", UNIT_BOOT "\n");
	assert_int_equal(
		journal_open(&s->s.root, 100, SCOPE_ALL, true, &s->journal, &err), 0);
	for (int i = 0; i < 2; i++) {
		s->deed[i].step = (struct step){.kind = STEP_OVERRIDE,
						.bdf = {0, (uint8_t)(i + 1), 0, 0},
						.group = i,
						.lane = i,
						.deadline_ms = 5000};
		(void)strcpy(s->deed[i].step.want, "vfio-pci");
	}
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	cancel_end(&s->cancel);
	(void)journal_free(s->journal);
	scratch_remove(&s->s);
	free(s);
	return 0;
}

/*
 * The look at the second device is answered only when somebody writes to a pipe; what is
 * written to the device then goes to a file. The helper calls @meanwhile before that.
 */
static pid_t answer_late(struct scene *s, void (*meanwhile)(void))
{
	char path[128];
	pid_t pid;

	scratch_put(&s->s, SECOND, "");
	(void)snprintf(path, sizeof(path), "%s" SECOND, s->s.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_WRONLY); /* as soon as it is looked at */

		(void)usleep(300 * 1000);
		if (meanwhile)
			meanwhile();
		(void)unlink(path);
		scratch_put(&s->s, SECOND, "(null)\n");
		(void)!write(fd, "(null)\n", 7);
		_exit(0);
	}
	return pid;
}

static void second_is(struct scene *s, const char *text)
{
	_cleanup_free_ char *now = scratch_get(&s->s, SECOND);

	assert_string_equal(now, text);
}

/* The first has no such file. */
static void after_a_failure_a_late_look_writes_nothing(void **state)
{
	struct scene *s = *state;
	pid_t helper = answer_late(s, NULL);
	struct err err;

	assert_int_equal(engine_run(&s->s.root, s->journal, s->deed, 2, NULL, &err),
			 -EIO);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	assert_int_equal(s->deed[0].state, DEED_FAILED);
	assert_int_equal(s->deed[1].state, DEED_SKIPPED);
	second_is(s, "(null)\n");
	assert_int_equal(s->journal->steps, 0);
}

static void ask_to_end(void)
{
	(void)kill(getppid(), SIGTERM);
}

static void once_asked_to_end_a_late_look_writes_nothing(void **state)
{
	struct scene *s = *state;
	pid_t helper;
	struct err err;

	assert_int_equal(cancel_begin(&s->cancel), 0);
	helper = answer_late(s, ask_to_end);
	assert_int_equal(
		engine_run(&s->s.root, s->journal, &s->deed[1], 1, &s->cancel, &err),
		-EINTR);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	assert_int_equal(s->deed[1].state, DEED_SKIPPED);
	second_is(s, "(null)\n");
}

static void moved(void *context)
{
	(void)context;
}

static void apart_a_failure_is_nothing_to_the_others(void **state)
{
	const struct engine_watch watch = {.moved = moved};
	struct scene *s = *state;
	pid_t helper = answer_late(s, NULL);
	struct err err;

	assert_int_equal(
		engine_run_apart(&s->s.root, s->journal, s->deed, 2, NULL, &watch, &err),
		-EIO);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	assert_int_equal(s->deed[0].state, DEED_FAILED);
	second_is(s, "vfio-pci");
}

static void taking_back_stops_for_nothing(void **state)
{
	struct scene *s = *state;
	pid_t helper;
	struct err err;

	/* It is there, but is no file of text. */
	scratch_mkdir(&s->s, FIRST);
	for (int i = 0; i < 2; i++) {
		s->deed[i].step.direction = STEP_UNDO;
		(void)strcpy(s->deed[i].step.want, "");
		(void)strcpy(s->deed[i].step.found, "vfio-pci");
	}
	helper = answer_late(s, NULL);
	assert_int_equal(engine_run(&s->s.root, s->journal, s->deed, 2, NULL, &err),
			 -EIO);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	assert_int_equal(s->deed[0].state, DEED_FAILED);
	second_is(s, "vfio-pci");
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(after_a_failure_a_late_look_writes_nothing),
		scene_test(once_asked_to_end_a_late_look_writes_nothing),
		scene_test(apart_a_failure_is_nothing_to_the_others),
		scene_test(taking_back_stops_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

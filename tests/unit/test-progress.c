/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told while something takes long: whole lines, and never in the way. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/progress.h"

static int pipe_to(int *ret_reader)
{
	int pair[2];

	assert_return_code(pipe2(pair, O_CLOEXEC | O_NONBLOCK), 0);
	*ret_reader = pair[0];
	progress_to(pair[1]);
	return pair[1];
}

static void expect(int reader, const char *want)
{
	char text[1024] = "";

	(void)!read(reader, text, sizeof(text) - 1);
	assert_string_equal(text, want);
}

static void a_line_each(void **state)
{
	int reader, writer = pipe_to(&reader);
	char longer[1000];

	(void)state;
	progress("a\tb%s", "\033[2J\nc");
	expect(reader, "hostpci: a\tb?[2J?c\n");
	(void)memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	progress("%s", longer);
	(void)!read(reader, longer, sizeof(longer));
	assert_int_equal(strchr(longer, '\n') - longer, strlen("hostpci: ") + 399);
	progress_to(-1);
	progress("nobody");
	expect(reader, "");
	(void)close(reader);
	(void)close(writer);
}

static void a_reader_that_is_gone(void **state)
{
	int reader, writer = pipe_to(&reader);
	sigset_t pending;

	(void)state;
	(void)signal(SIGPIPE, SIG_DFL);
	(void)close(reader);
	progress("nobody");
	assert_return_code(sigpending(&pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	progress_to(-1);
	(void)close(writer);
}

/* A pipe that blocks when it is full. */
static void a_reader_that_does_not_read(void **state)
{
	int reader, writer = pipe_to(&reader);
	char block[4096] = "";

	(void)state;
	while (write(writer, block, sizeof(block)) > 0)
		;
	assert_return_code(fcntl(writer, F_SETFL, 0), 0);
	progress("nobody");
	progress_to(-1);
	(void)close(reader);
	(void)close(writer);
}

static void seldom(void **state)
{
	struct progress_wait wait = progress_wait(clock_ms() + 90000);
	int reader, writer = pipe_to(&reader);

	(void)state;
	assert_int_equal(progress_next(1000, 1000), 1000 + LIMIT_PROGRESS_MS);
	assert_int_equal(progress_next(1000, 1000 + LIMIT_PROGRESS_MS),
			 1000 + 3 * LIMIT_PROGRESS_MS);
	progress_waits(&wait, "VM 100");
	expect(reader, "");
	wait.begin -= LIMIT_PROGRESS_MS;
	wait.tell_at -= LIMIT_PROGRESS_MS;
	wait.end -= LIMIT_PROGRESS_MS;
	progress_waits(&wait, "VM 100");
	expect(reader, "hostpci: VM 100: waiting, at most 87 s\n");
	progress_waits(&wait, "VM 100");
	expect(reader, "");
	progress_to(-1);
	(void)close(reader);
	(void)close(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_each),
		cmocka_unit_test(a_reader_that_is_gone),
		cmocka_unit_test(a_reader_that_does_not_read),
		cmocka_unit_test(seldom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the policy: without a shell, bounded in time and output, with nothing of
 * ours. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "run/program.h"

struct seen {
	char text[4096];
	unsigned lines;
};

static void take(void *context, const char *line)
{
	struct seen *seen = context;

	(void)strcat(strcat(seen->text, line), "|");
	seen->lines++;
}

static struct text_list words(const char *a, const char *b)
{
	struct text_list list = {.n = b ? 2 : 1};

	(void)strcpy(list.text, a);
	if (b)
		(void)strcpy(list.text + strlen(a) + 1, b);
	return list;
}

static int run(const struct root *root, struct text_list list, struct seen *seen,
	       struct program_end *end, struct err *err)
{
	struct cancel cancel = CANCEL_NONE;

	memset(seen, 0, sizeof(*seen));
	return program_run(root, &list, 100, &cancel, take, seen, end, err);
}

/* A script of the scratch root, which is the only place where programs are found. */
static void script(const struct scratch *s, const char *text)
{
	char path[96];

	scratch_put(s, "/bin/x", text);
	(void)snprintf(path, sizeof(path), "%s/bin/x", s->path);
	assert_int_equal(chmod(path, 0755), 0);
}

static void it_runs_with_its_words_and_nothing_else(void **state)
{
	struct scratch *s = *state;
	struct program_end end;
	struct seen seen;
	struct err err;

	script(s, "#!/bin/sh\n"
		  "echo \"$#:$1\"; echo \"$HOSTPCI_VMID:$LC_ALL:$HOME\" >&2; pwd\n"
		  "read -r x || echo no input; ls /proc/self/fd | wc -w; printf last; "
		  "exit 3\n");
	assert_int_equal(run(&s->root, words("/bin/x", "a $(b) 'c'"), &seen, &end, &err),
			 0);
	assert_true(WIFEXITED(end.status) && !end.late);
	assert_int_equal(WEXITSTATUS(end.status), 3);
	/* Standard descriptors, and the one of ls itself. */
	assert_string_equal(seen.text, "1:a $(b) 'c'|100:C:|/|no input|4|last|");
}

static void output_is_bounded(void **state)
{
	struct scratch *s = *state;
	struct program_end end;
	struct seen seen;
	struct err err;

	script(s, "#!/bin/sh\ni=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); "
		  "done\n"
		  "head -c 100000 /dev/zero\n");
	assert_int_equal(run(&s->root, words("/bin/x", NULL), &seen, &end, &err), 0);
	assert_int_equal(seen.lines, LIMIT_FREE_LINES);
	assert_true(WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0);
}

static void whom_it_leaves_behind_is_not_waited_for(void **state)
{
	struct scratch *s = *state;
	struct program_end end;
	struct seen seen;
	struct err err;

	script(s, "#!/bin/sh\nsleep 30 &\necho gone\n");
	assert_int_equal(run(&s->root, words("/bin/x", NULL), &seen, &end, &err), 0);
	assert_string_equal(seen.text, "gone|");
	assert_true(end.ms < 5000 && !end.late);
}

static void a_signal_to_us_ends_it(void **state)
{
	struct scratch *s = *state;
	struct text_list list = words("/bin/x", NULL);
	struct program_end end;
	struct cancel cancel;
	struct seen seen = {.lines = 0};
	struct err err;

	script(s, "#!/bin/sh\nexec sleep 30\n");
	assert_int_equal(cancel_begin(&cancel), 0);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_int_equal(
		program_run(&s->root, &list, 100, &cancel, take, &seen, &end, &err), 0);
	assert_true(end.late && WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGKILL);
	cancel_end(&cancel);
}

static void what_cannot_be_run_is_told(void **state)
{
	struct scratch *s = *state;
	struct program_end end;
	struct seen seen;
	struct err err = {0};

	assert_int_equal(run(&s->root, words("/bin/x", NULL), &seen, &end, &err),
			 -ENOENT);
	assert_contains(err.msg, "/bin/x: No such file");
	scratch_put(s, "/bin/x", "#!/bin/sh\n");
	assert_int_equal(run(&s->root, words("/bin/x", NULL), &seen, &end, &err),
			 -EACCES);
	/* A link out of the root leads to a place within it. */
	scratch_link(s, "/bin/sh", "/bin/y");
	assert_int_equal(run(&s->root, words("/bin/y", NULL), &seen, &end, &err),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(it_runs_with_its_words_and_nothing_else),
		scratch_test(output_is_bounded),
		scratch_test(whom_it_leaves_behind_is_not_waited_for),
		scratch_test(a_signal_to_us_ends_it),
		scratch_test(what_cannot_be_run_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

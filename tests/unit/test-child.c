/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child that may get stuck, and what its parent sees of it. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/child-message.h"
#include "base/clock.h"
#include "base/fileio.h"

enum { OP_ECHO = 1, OP_SLEEP, OP_DIE, OP_READ };

static void handle(const struct root *root, const struct child_request *request,
		   struct child_reply *reply)
{
	_cleanup_free_ char *text = NULL;

	switch (request->op) {
	case OP_ECHO:
		(void)snprintf(reply->value, sizeof(reply->value), "%s!", request->value);
		return;
	case OP_SLEEP:
		clock_sleep_ms(400);
		return;
	case OP_DIE:
		_exit(3);
	case OP_READ:
		reply->result = file_read(root, request->path, 100, &text, NULL);
		(void)snprintf(reply->value, sizeof(reply->value), "%s",
			       text ? text : "");
		return;
	default:
		reply->result = -EINVAL;
	}
}

static struct child spawn(const struct scratch *s)
{
	struct child child = CHILD_NONE;
	struct err err;

	assert_int_equal(child_spawn(&child, &s->root, handle, &err), 0);
	return child;
}

static int call(struct child *child, uint32_t op, const char *value, int ms,
		struct child_reply *reply)
{
	struct child_request request = {.op = op};

	(void)snprintf(request.value, sizeof(request.value), "%s", value);
	(void)snprintf(request.path, sizeof(request.path), "%s", value);
	return child_call(child, &request, ms, reply);
}

static void answers_one_request_after_the_other(void **state)
{
	struct child child = spawn(*state);
	struct child_reply reply;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(call(&child, OP_ECHO, "hello", 2000, &reply), 0);
		assert_int_equal(reply.result, 0);
		assert_string_equal(reply.value, "hello!");
		assert_false(child.busy);
	}
	assert_int_equal(call(&child, 99, "", 2000, &reply), 0);
	assert_int_equal(reply.result, -EINVAL);
	child_end(&child);
	assert_int_equal(child.fd, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* it was reaped */
}

static void answers_a_batch_together(void **state)
{
	struct child child = spawn(*state);
	struct child_request request[CHILD_BATCH] = {{.op = OP_ECHO, .value = "one"},
						     {.op = 99}};
	struct child_reply reply[CHILD_BATCH];

	assert_int_equal(child_send(&child, request, 2, 2000), 0);
	assert_int_equal(child.busy, 2);
	assert_int_equal(child_receive(&child, reply), 0);
	assert_int_equal(child.busy, 0);
	assert_int_equal(reply[0].result, 0);
	assert_string_equal(reply[0].value, "one!");
	assert_int_equal(reply[1].result, -EINVAL);
	child_dismiss(&child);
	child_end(&child);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void texts_of_any_length_get_through(void **state)
{
	struct child child = spawn(*state);
	static struct child_request request[CHILD_BATCH];
	struct child_reply reply[CHILD_BATCH];

	for (int i = 0; i < CHILD_BATCH; i++) {
		request[i].op = OP_ECHO;
		memset(request[i].path, 'p', sizeof(request[i].path) - 1);
		memset(request[i].value, 'a' + i, sizeof(request[i].value) - 1);
	}
	request[1].value[sizeof(request[1].value) - 2] = '\0';
	assert_int_equal(child_send(&child, request, CHILD_BATCH, 2000), 0);
	assert_int_equal(child_receive(&child, reply), 0);
	/* One more does not fit, so that it is cut. */
	assert_string_equal(reply[0].value, request[0].value);
	assert_int_equal(strlen(reply[1].value), sizeof(reply[1].value) - 1);
	child_end(&child);
}

static void what_is_no_message_is_refused(void **state)
{
	static const char *const texts[] = {"abc", "abcd", "abcdpath", "abcdpath\0value"};
	struct child_request request[CHILD_BATCH];
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t size = i < 3 ? strlen(texts[i]) : sizeof("abcdpath\0value") - 1;

		assert_int_equal(send(pair[0], texts[i], size, 0), (int)size);
		assert_int_equal(child_receive_requests(pair[1], request), -EBADMSG);
	}
	assert_int_equal(send(pair[0], "abcdpath\0value", 15, 0), 15);
	assert_int_equal(child_receive_requests(pair[1], request), 1);
	assert_string_equal(request[0].path, "path");
	assert_string_equal(request[0].value, "value");
	close(pair[0]);
	assert_int_equal(child_receive_requests(pair[1], request), 0);
	close(pair[1]);
}

static void sees_the_same_root(void **state)
{
	struct scratch *s = *state;
	struct child child;
	struct child_reply reply;

	scratch_put(s, "/etc/x", "inside");
	child = spawn(s);
	assert_int_equal(call(&child, OP_READ, "/etc/x", 2000, &reply), 0);
	assert_string_equal(reply.value, "inside");
	child_end(&child);
}

static void a_late_one_stays_busy_and_is_left_behind(void **state)
{
	struct child child = spawn(*state);
	struct child_request request = {.op = OP_ECHO};
	struct child_reply reply;
	pid_t pid = child.id.pid;
	int64_t begin = clock_ms();

	assert_int_equal(call(&child, OP_SLEEP, "", 50, &reply), -ETIMEDOUT);
	assert_true(child.busy);
	assert_int_equal(child_send(&child, &request, 1, 50), -EBUSY);
	child_end(&child);
	assert_true(clock_ms() - begin < 300); /* nobody waited for it */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_dead_one_is_noticed(void **state)
{
	struct child child = spawn(*state);
	struct child_request request = {.op = OP_ECHO};
	struct child_reply reply;

	assert_int_equal(call(&child, OP_DIE, "", 2000, &reply), -EPIPE);
	assert_int_equal(child_send(&child, &request, 1, 50), -EPIPE);
	child_end(&child);
}

static unsigned count_fds(pid_t pid, bool *foreign)
{
	char path[64], target[PATH_MAX];
	struct dirent *e;
	unsigned n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		ssize_t size =
			readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);

		if (e->d_name[0] == '.' || size < 0)
			continue;
		target[size] = '\0';
		n++;
		*foreign |= strncmp(target, "/tmp/hostpci-unit", 17) &&
			    strncmp(target, "socket:", 7) && strcmp(target, "/dev/null");
	}
	closedir(dir);
	return n;
}

static void it_holds_no_descriptor_of_its_parent(void **state)
{
	int pipes[2];
	bool foreign = false;
	struct child child;
	struct child_reply reply;

	assert_int_equal(pipe(pipes), 0); /* not O_CLOEXEC: as a caller's may be */
	child = spawn(*state);
	assert_int_equal(call(&child, OP_ECHO, "", 2000, &reply), 0);
	/* /dev/null three times, its socket, the root and /sys. */
	assert_int_equal(count_fds(child.id.pid, &foreign), 6);
	assert_false(foreign);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &(char){0}, 1),
			 0); /* nobody else can write to it */
	close(pipes[0]);
	child_end(&child);
}

static void it_dies_with_its_parent(void **state)
{
	struct scratch *s = *state;
	int pipes[2];
	struct child child;
	struct child_reply reply;
	pid_t parent, pid;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(pipes), 0);
	parent = fork();
	if (parent == 0) {
		child = spawn(s);
		(void)!call(&child, OP_ECHO, "", 2000, &reply);
		(void)!write(pipes[1], &child.id.pid, sizeof(child.id.pid));
		(void)!call(&child, OP_SLEEP, "", 10, &reply);
		raise(SIGKILL);
	}
	assert_int_equal(read(pipes[0], &pid, sizeof(pid)), sizeof(pid));
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	/* It sleeps, and does not answer: only a signal ends it, at once. */
	for (int i = 0; waitpid(pid, NULL, WNOHANG) != pid; i++) {
		assert_true(i < 20);
		clock_sleep_ms(10);
	}
	close(pipes[0]);
	close(pipes[1]);
}

static void signals_to_the_group_do_not_end_it(void **state)
{
	struct child child = spawn(*state);
	struct child_reply reply;

	assert_int_equal(call(&child, OP_ECHO, "", 2000, &reply), 0);
	assert_int_equal(kill(child.id.pid, SIGTERM), 0);
	assert_int_equal(kill(child.id.pid, SIGINT), 0);
	assert_int_equal(kill(child.id.pid, SIGHUP), 0);
	assert_int_equal(call(&child, OP_ECHO, "", 2000, &reply), 0);
	child_end(&child);
}

/* A root without /sys leaves a place among the child's descriptors, where its parent's
 * end of the socket may be: with that it would never end. */
static void it_ends_without_sys(void **state)
{
	const struct scratch *s = *state;
	struct root root = s->root;
	struct child child[3];
	struct child_reply reply;
	struct err err;

	root.sys = -1;
	(void)alarm(20);
	for (size_t i = 0; i < ARRAY_SIZE(child); i++)
		assert_int_equal(child_spawn(&child[i], &root, handle, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(child); i++) {
		assert_int_equal(call(&child[i], OP_ECHO, "x", 1000, &reply), 0);
		child_end(&child[i]);
	}
	(void)alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(answers_one_request_after_the_other),
		scratch_test(answers_a_batch_together),
		scratch_test(texts_of_any_length_get_through),
		scratch_test(what_is_no_message_is_refused),
		scratch_test(sees_the_same_root),
		scratch_test(a_late_one_stays_busy_and_is_left_behind),
		scratch_test(a_dead_one_is_noticed),
		scratch_test(it_holds_no_descriptor_of_its_parent),
		scratch_test(it_dies_with_its_parent),
		scratch_test(signals_to_the_group_do_not_end_it),
		scratch_test(it_ends_without_sys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

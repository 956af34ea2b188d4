/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/child-message.h"
#include "base/clock.h"

/* Where the child keeps its three descriptors. */
enum { FD_SOCKET = 3, FD_ROOT = 4, FD_SYS = 5, FD_FREE = 6 };

/* Leaves the caller's descriptors: Proxmox waits until every holder closed its output. */
static int child_detach(int fd, struct root *root)
{
	int null = open("/dev/null", O_RDWR);
	int high_root = fcntl(root->fd, F_DUPFD, 16);
	int high_sys = root->sys < 0 ? -1 : fcntl(root->sys, F_DUPFD, 16);
	int high_socket = fcntl(fd, F_DUPFD, 16);

	if (null < 0 || high_root < 0 || high_socket < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			return -1;
	if (dup2(high_socket, FD_SOCKET) < 0 || dup2(high_root, FD_ROOT) < 0)
		return -1;
	root->fd = FD_ROOT;
	if (high_sys >= 0 && dup2(high_sys, FD_SYS) < 0)
		return -1;
	root->sys = high_sys < 0 ? -1 : FD_SYS;
	/* Its parent's end of the socket is among them: with that the child would never
	 * end. */
	return close_range(root->sys < 0 ? FD_SYS : FD_FREE, ~0U, 0);
}

static void serve(const struct root *root, child_handler *handler)
{
	static struct child_request request[CHILD_BATCH];
	static struct child_reply reply[CHILD_BATCH];

	for (;;) {
		int n = child_receive_requests(FD_SOCKET, request);

		if (n <= 0)
			return;
		for (int i = 0; i < n; i++) {
			reply[i].result = 0;
			reply[i].value[0] = '\0';
			handler(root, &request[i], &reply[i]);
		}
		if (child_send_replies(FD_SOCKET, reply, (unsigned)n) < 0)
			return;
	}
}

static _Noreturn void child_main(int fd, const struct root *original,
				 child_handler *handler, pid_t parent)
{
	struct root root = *original;

	/* Ctrl-C reaches the whole process group; what happens next is the parent's to
	 * say. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "hostpci-child");
	if (getppid() != parent || child_detach(fd, &root) < 0)
		_exit(1);
	serve(&root, handler);
	_exit(0);
}

int child_spawn(struct child *ret, const struct root *root, child_handler *handler,
		struct err *err)
{
	pid_t parent = getpid(), pid;
	uint64_t before;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, errno, "cannot make a socket pair: %s",
			       strerror(errno));
	before = proc_clock();
	pid = fork();
	if (pid < 0) {
		int code = errno;

		close(pair[0]);
		close(pair[1]);
		return err_set(err, code, "cannot start a child: %s", strerror(code));
	}
	if (pid == 0)
		child_main(pair[1], root, handler, parent);
	close(pair[1]);
	*ret = (struct child){.id = {.pid = pid, .start = before}, .fd = pair[0]};
	if (!root->moved && proc_clock() == before)
		return 0;
	/* A moved root may have no /proc: then there is nobody to identify it to either.
	 */
	if (proc_identify(root, pid, &ret->id) < 0)
		ret->id.start = 0;
	return 0;
}

int child_send(struct child *child, const struct child_request *request, unsigned n,
	       int timeout_ms)
{
	ssize_t sent;

	if (child->busy)
		return -EBUSY;
	sent = child_send_requests(child->fd, request, n);
	if (sent < 0)
		return (int)sent;
	child->busy = n;
	child->deadline = clock_ms() + timeout_ms;
	return 0;
}

int child_receive(struct child *child, struct child_reply ret[static CHILD_BATCH])
{
	int n = child_receive_replies(child->fd, ret);
	bool all = n > 0 && (unsigned)n == child->busy;

	child->busy = 0;
	return all ? 0 : -EPIPE;
}

int child_call(struct child *child, const struct child_request *request, int timeout_ms,
	       struct child_reply *ret)
{
	struct pollfd p = {.fd = child->fd, .events = POLLIN};
	struct child_reply reply[CHILD_BATCH];
	int r = child_send(child, request, 1, timeout_ms);

	if (r < 0)
		return r;
	for (;;) {
		int64_t left = child->deadline - clock_ms();

		r = poll(&p, 1, left > 0 ? (int)left : 0);
		if (r > 0) {
			r = child_receive(child, reply);
			if (r == 0)
				*ret = reply[0];
			return r;
		}
		if (r == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

void child_dismiss(struct child *child)
{
	if (child->busy)
		return;
	cleanup_close(&child->fd);
	child->fd = -1;
}

void child_end(struct child *child)
{
	bool idle = !child->busy;

	cleanup_close(&child->fd);
	if (idle && child->id.pid > 0)
		while (waitpid(child->id.pid, NULL, 0) < 0 && errno == EINTR)
			;
	*child = CHILD_NONE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/progress.h"

/* What it prints, line by line. */
struct output {
	int fd;
	char text[256];
	size_t n;
	unsigned lines;
	program_line *line;
	void *context;
};

static void end_line(struct output *o)
{
	o->text[o->n] = '\0';
	if (o->n && o->lines++ < LIMIT_FREE_LINES)
		o->line(o->context, o->text);
	o->n = 0;
}

/* Takes what is there; false: nobody can print any more. */
static bool take_output(struct output *o)
{
	char buf[1024];
	ssize_t n;

	errno = 0;
	n = read(o->fd, buf, sizeof(buf));
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] == '\n')
			end_line(o);
		else if (o->n + 1 < sizeof(o->text))
			o->text[o->n++] = buf[i];
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* The program's real path: below a moved root nothing outside of it is run. */
static int find_program(const struct root *root, const char *path, char *ret, size_t size,
			struct err *err)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);
	char link[64];
	ssize_t n;

	if (fd < 0)
		return err_set(err, -fd, "%s: %s", path, strerror(-fd));
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size - 1);
	if (n < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	ret[n] = '\0';
	return access(ret, X_OK) < 0
		       ? err_set(err, errno, "%s: %s", path, strerror(errno))
		       : 0;
}

static _Noreturn void child_main(const char *path, struct text_list words, uint32_t vmid,
				 int output)
{
	char id[32], *argv[LIMIT_WORDS + 1] = {NULL};
	char *env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", id, NULL};
	char *text = words.text;
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	(void)snprintf(id, sizeof(id), "HOSTPCI_VMID=%u", vmid);
	for (unsigned i = 0; i < words.n && i < LIMIT_WORDS; i++) {
		argv[i] = text;
		text += strlen(text) + 1;
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL); /* whoever called us may ignore it */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The pipe may itself have a number that is taken now. */
	output = fcntl(output, F_DUPFD, 3);
	if (setpgid(0, 0) < 0 || chdir("/") < 0 || null < 0 || dup2(null, 0) < 0 ||
	    dup2(output, 1) < 0 || dup2(output, 2) < 0 || close_range(3, ~0U, 0) < 0)
		_exit(127);
	(void)execve(path, argv, env);
	_exit(127);
}

static void await_end(const char *path, struct output *o, int process,
		      struct cancel *cancel, pid_t pid, struct program_end *ret)
{
	struct progress_wait wait = progress_wait(clock_ms() + LIMIT_FREE_MS);
	bool open = true, ended = false;

	while (!ended) {
		struct pollfd p[] = {{.fd = process, .events = POLLIN},
				     {.fd = open ? o->fd : -1, .events = POLLIN},
				     {.fd = cancel->fd, .events = POLLIN}};
		int64_t left = wait.end - clock_ms();

		if (!ret->late && (left <= 0 || cancel_asked(cancel))) {
			ret->late = true;
			(void)kill(-pid, SIGKILL);
			/* One that is stuck in the kernel is left behind. */
			wait.end = clock_ms() + 1000;
			continue;
		}
		if (left <= 0)
			return;
		progress_waits(&wait, path);
		if (left > LIMIT_PROGRESS_MS)
			left = LIMIT_PROGRESS_MS;
		if (poll(p, ret->late ? 2 : 3, (int)left) < 0)
			continue;
		if (p[1].revents)
			open = take_output(o);
		ended = p[0].revents != 0;
	}
	while (open && take_output(o) && errno != EAGAIN)
		;
	(void)waitpid(pid, &ret->status, 0);
}

static int start(const char *path, const struct text_list *words, uint32_t vmid,
		 pid_t *ret_pid, int *ret_process, struct output *o, struct err *err)
{
	int pair[2], code;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_set(err, errno, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		child_main(path, *words, vmid, pair[1]);
	code = errno;
	close(pair[1]);
	o->fd = pair[0];
	if (pid < 0)
		return err_set(err, code, "cannot start a child: %s", strerror(code));
	(void)setpgid(pid, pid); /* whoever of the two comes first */
	(void)fcntl(o->fd, F_SETFL, O_NONBLOCK);
	*ret_process = pidfd_open(pid, 0);
	*ret_pid = pid;
	if (*ret_process >= 0)
		return 0;
	code = errno;
	(void)kill(-pid, SIGKILL);
	return err_set(err, code, "cannot watch a child: %s", strerror(code));
}

int program_check(const struct root *root, const struct text_list *words, struct err *err)
{
	char path[PATH_MAX];

	return find_program(root, words->text, path, sizeof(path), err);
}

int program_run(const struct root *root, const struct text_list *words, uint32_t vmid,
		struct cancel *cancel, program_line *line, void *context,
		struct program_end *ret, struct err *err)
{
	struct output o = {.fd = -1, .line = line, .context = context};
	_cleanup_close_ int process = -1;
	int64_t begin = clock_ms();
	char path[PATH_MAX];
	pid_t pid = 0;
	int r;

	*ret = (struct program_end){0};
	r = find_program(root, words->text, path, sizeof(path), err);
	if (r == 0)
		r = start(path, words, vmid, &pid, &process, &o, err);
	if (r == 0) {
		await_end(path, &o, process, cancel, pid, ret);
		end_line(&o);
		ret->ms = (int)(clock_ms() - begin);
	}
	cleanup_close(&o.fd);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "spec/storage.h"

enum { CHAIN_PATH = STORAGE_PATH + PATH_MAX };

static const char *next_text(const char *text)
{
	return text + strlen(text) + 1;
}

/* The storages, if one of @hooks is a volume. */
static int load_storages(const struct root *root, const struct text_list *hooks,
			 struct storages *ret, struct err *err)
{
	const char *hook = hooks->text;

	*ret = (struct storages){0};
	for (unsigned i = 0; i < hooks->n; i++, hook = next_text(hook))
		if (hook[0] != '/')
			return storages_load(root, ret, err);
	return 0;
}

static int look(const struct root *root, const char *hook, const char *path,
		struct err *err)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ENOENT,
			       "script '%s' does not exist: put it at %s, or take it out "
			       "of hooks in the policy",
			       hook, path);
	if (!(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		return err_set(err, ENOEXEC, "script '%s' is not executable: chmod +x %s",
			       hook, path);
	return 0;
}

static int find(const struct root *root, const struct storages *storages,
		const char *hook, char ret[static STORAGE_PATH], struct err *err)
{
	int r = storage_resolve(storages, hook, ret, err);

	return r < 0 ? r : look(root, hook, ret, err);
}

int chain_check(const struct root *root, const struct text_list *hooks, struct err *err)
{
	_cleanup_(storages_free) struct storages storages;
	const char *hook = hooks->text;
	char path[STORAGE_PATH];
	int r;

	r = load_storages(root, hooks, &storages, err);
	for (unsigned i = 0; r == 0 && i < hooks->n; i++, hook = next_text(hook))
		r = find(root, &storages, hook, path, err);
	return r < 0 ? err_wrap(err, "hooks") : 0;
}

static _Noreturn void become(const char *path, char *vmid, char *phase)
{
	char *argv[] = {(char *)(uintptr_t)path, vmid, phase, NULL};
	sigset_t set;

	/* What cancel_begin blocked is no business of the script's. */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)execv(path, argv);
	(void)dprintf(STDERR_FILENO, "hostpci: %s: %s\n", path, strerror(errno));
	_exit(127);
}

/* Waits as long as it takes, as Proxmox does, and passes on what ends us. */
static int await(pid_t pid, struct cancel *cancel)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p[] = {{.fd = pidfd, .events = POLLIN},
			     {.fd = cancel->fd, .events = POLLIN}};
	int status;

	while (pidfd >= 0 && !p[0].revents) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents && cancel_asked(cancel))
			(void)kill(pid, SIGTERM);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

static int run_one(const struct session *session, const char *hook, const char *path,
		   struct cancel *cancel, struct err *err)
{
	char full[CHAIN_PATH], vmid[16], phase[16];
	pid_t pid;
	int status;

	(void)snprintf(full, sizeof(full), "%s%s",
		       session->root->moved ? session->root->path : "", path);
	(void)snprintf(vmid, sizeof(vmid), "%u", session->request->vmid);
	(void)snprintf(phase, sizeof(phase), "%s", session->outcome->what);
	pid = fork();
	if (pid == 0)
		become(full, vmid, phase);
	status = pid < 0 ? -errno : await(pid, cancel);
	if (status < 0)
		return err_set(err, -status, "script '%s' cannot be run: %s", hook,
			       strerror(-status));
	if (WIFSIGNALED(status))
		return err_set(err, ECANCELED, "script '%s' was ended by signal %d", hook,
			       WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, ECANCELED, "script '%s' failed: exit code %d", hook,
			       WEXITSTATUS(status));
	return cancel->asked ? err_set(err, EINTR, "interrupted while '%s' ran", hook)
			     : 0;
}

/* @stop: the first that fails ends it. Otherwise what fails is a warning. */
static int run_all(struct session *session, const struct text_list *hooks, bool stop,
		   struct err *err)
{
	_cleanup_(storages_free) struct storages storages;
	_cleanup_(cancel_end) struct cancel cancel = CANCEL_NONE;
	const char *hook = hooks->text;
	char path[STORAGE_PATH];
	int r;

	r = load_storages(session->root, hooks, &storages, err);
	if (r == 0 && cancel_begin(&cancel) < 0)
		r = err_set(err, errno, "signals: %s", strerror(errno));
	if (r < 0)
		return err_wrap(err, "hooks");
	for (unsigned i = 0; r == 0 && i < hooks->n; i++, hook = next_text(hook)) {
		r = find(session->root, &storages, hook, path, err);
		if (r == 0)
			r = run_one(session, hook, path, &cancel, err);
		if (r < 0)
			(void)err_wrap(err, "hooks");
		if (r < 0 && !stop) {
			notes_add_err(&session->outcome->warnings, err);
			r = 0;
		}
	}
	return r;
}

static void announce(struct session *session, const struct text_list *hooks)
{
	const char *hook = hooks->text;

	for (unsigned i = 0; i < hooks->n; i++, hook = next_text(hook))
		notes_add(&session->outcome->notes, "runs the hookscript %s", hook);
}

int chain_start(struct session *session, const struct text_list *hooks, struct err *err)
{
	if (!hooks->n || session->request->scope != SCOPE_ALL)
		return 0;
	if (!session->request->dry)
		return run_all(session, hooks, true, err);
	announce(session, hooks);
	return 0;
}

void chain_phase(struct session *session)
{
	struct text_list hooks = {0};
	struct err err;
	int r;

	if (session->request->scope != SCOPE_ALL)
		return;
	r = spec_load_hooks(session->root, session->request->vmid, &hooks, &err);
	if (r < 0)
		(void)err_wrap(&err, "no hooks are run");
	else if (session->request->dry)
		announce(session, &hooks);
	else if (hooks.n)
		r = run_all(session, &hooks, false, &err);
	if (r < 0)
		notes_add_err(&session->outcome->warnings, &err);
}

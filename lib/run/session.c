/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/lock.h"
#include "base/progress.h"

static int open_lock(const struct root *root, struct err *err)
{
	int r = file_mkdir(root, "/run/hostpci", 0755);
	int fd;

	if (r == 0)
		r = file_mkdir(root, JOURNAL_FOLDER, 0755);
	if (r < 0)
		return err_set(err, -r, "/run/hostpci: %s", strerror(-r));
	fd = root_openat(root, "/run/hostpci/lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	return fd < 0 ? err_set(err, -fd, "/run/hostpci/lock: %s", strerror(-fd)) : fd;
}

static const struct proc_id *live_child(const struct journal *j)
{
	for (size_t i = 0; i < j->children; i++)
		if (proc_alive(j->root, &j->child[i]))
			return &j->child[i];
	return NULL;
}

static bool is_begun(const struct journal *j, const struct bdf *bdf)
{
	for (size_t i = 0; i < j->steps; i++)
		if (journal_alive(&j->step[i]) && bdf_equal(&j->step[i].step.bdf, bdf))
			return true;
	return false;
}

/* " (hostpci0 0000:01:00.0: unbind from igb)": what it is at, if only one step
 * was begun and did not come to its end. */
static void name_step(const struct journal *j, char *buf, size_t size)
{
	const struct journal_step *begun = NULL;
	char text[STEP_WORDS];
	struct step step;

	buf[0] = '\0';
	for (size_t i = 0; i < j->steps; i++) {
		if (!journal_alive(&j->step[i]) || !j->step[i].begun)
			continue;
		if (begun)
			return;
		begun = &j->step[i];
	}
	if (!begun || begun->step.kind == STEP_MODULE)
		return;
	step = begun->step;
	step.direction = begun->undoing ? STEP_UNDO : STEP_DO;
	step_ops(&step)->describe(&step, text, sizeof(text));
	(void)snprintf(buf, size, " (%s: %s)", STEP_DEVICE(&step), text);
}

static int say_child(const struct session *s, const struct proc_id *child,
		     struct err *err)
{
	char stack[200], step[STEP_WORDS];

	(void)proc_stack(s->root, child->pid, stack, sizeof(stack));
	name_step(s->journal, step, sizeof(step));
	return err_set(err, EBUSY,
		       "process %d of an earlier run is still in the kernel%s%s%s: it "
		       "ends when the kernel lets go (look at dmesg)",
		       (int)child->pid, step, stack[0] ? ", in " : "", stack);
}

int session_at_work(const struct session *session, const struct bdf *bdf, struct err *err)
{
	const struct proc_id *child = live_child(session->journal);

	if (!child || !is_begun(session->journal, bdf))
		return 0;
	return say_child(session, child, err);
}

static int lock_host(struct session *s, int timeout_ms, struct err *err)
{
	s->lock = open_lock(s->root, err);
	if (s->lock < 0)
		return s->lock;
	return lock_take(s->lock, timeout_ms) < 0
		       ? err_set(err, EBUSY,
				 "another hostpci run is planning (/run/hostpci/lock)")
		       : 0;
}

/* One try; -EBUSY with words if somebody is at work. */
static int try_begin(struct session *s, bool create, struct err *err)
{
	const struct proc_id *child;
	int r;

	r = lock_host(s, 0, err);
	if (r < 0)
		return r;
	r = journal_open(s->root, s->request->vmid, s->request->scope, create,
			 &s->journal, err);
	if (r == -EBUSY)
		return err_set(err, EBUSY, "another hostpci run works on %s",
			       OWNER(s->request->vmid));
	if (r < 0)
		return r;
	child = s->apart ? NULL : live_child(s->journal);
	return child ? say_child(s, child, err) : 0;
}

/* Without waiting: who would be waited for is said. */
static int begin_dry(struct session *s, bool create, struct err *err)
{
	const struct request *q = s->request;
	const struct proc_id *child;
	int r = journal_read(s->root, q->vmid, q->scope, &s->journal, err);

	if (r == 0 && s->journal->other_boot) {
		s->journal = journal_free(s->journal);
		r = -ENOENT;
	}
	if (r < 0)
		return r == -ENOENT && create ? 0 : r;
	child = s->apart ? NULL : live_child(s->journal);
	if (child && journal_is_locked(s->root, q->vmid, q->scope))
		return err_set(err, EBUSY, "another hostpci run works on %s",
			       OWNER(q->vmid));
	return child ? say_child(s, child, err) : 0;
}

int session_begin(struct session *session, bool create, struct err *err)
{
	struct progress_wait wait = progress_wait(clock_ms() + session->patience_ms);
	const struct request *q = session->request;
	int r;

	if (q->dry)
		return begin_dry(session, create, err);
	/* Most stops have nothing to take back: look before making folders and locks. */
	if (!create) {
		r = journal_read(session->root, q->vmid, q->scope, &session->journal,
				 err);
		session->journal = journal_free(session->journal);
		if (r < 0)
			return r;
	}
	r = cancel_begin(&session->cancel);
	if (r < 0)
		return err_set(err, -r, "signals: %s", strerror(-r));
	for (;;) {
		r = try_begin(session, create, err);
		if (r != -EBUSY || clock_ms() >= wait.end)
			return r;
		session->journal = journal_free(session->journal);
		session_unlock(session);
		if (cancel_asked(&session->cancel))
			return err_set(err, EINTR, "interrupted");
		progress_waits(&wait, err->msg);
		clock_sleep_ms(50);
	}
}

void session_unlock(struct session *session)
{
	cleanup_close(&session->lock);
	session->lock = -1;
}

int session_relock(struct session *session, struct err *err)
{
	return lock_host(session, LIMIT_LOCK_MS, err);
}

int session_pause(struct session *session, int ms, struct err *err)
{
	struct pollfd p = {.fd = session->cancel.fd, .events = POLLIN};

	session_unlock(session);
	(void)poll(&p, 1, ms);
	if (cancel_asked(&session->cancel))
		return err_set(err, EINTR, "interrupted");
	return session_relock(session, err);
}

void session_end(struct session *session)
{
	session->journal = journal_free(session->journal);
	session_unlock(session);
	cancel_end(&session->cancel);
}

bool session_vm_runs(const struct session *session, struct proc_id *ret)
{
	const struct journal *j = session->journal;
	pid_t pid;

	if (j && proc_alive(session->root, &j->qemu)) {
		*ret = j->qemu;
		return true;
	}
	pid = proc_vm_pid(session->root, session->request->vmid);
	return pid > 0 && proc_identify(session->root, pid, ret) == 0;
}

int session_vm_locked(const struct session *session)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/var/lock/qemu-server/lock-%u.conf",
		       session->request->vmid);
	fd = root_openat(session->root, path, O_RDWR, 0);
	if (fd < 0)
		return fd;
	r = lock_take(fd, 0);
	return r == -EBUSY ? 1 : r;
}

/* What is only kept after a stop is in nobody's way: its kind of work is done with it. */
static bool holds_any(const struct journal *j)
{
	for (size_t i = 0; i < j->holds; i++)
		if (j->hold[i].open && !j->hold[i].parked[0])
			return true;
	return false;
}

int session_prepared(const struct session *session, struct err *err)
{
	_cleanup_(journal_freep) struct journal *j = NULL;
	uint32_t vmid = session->request->vmid;
	int r = -ENOENT;

	if (session->request->scope != SCOPE_ALL)
		r = journal_read(session->root, vmid, SCOPE_ALL, &j, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (j->other_boot || !holds_any(j))
		return 0;
	if (!strcmp(j->phase, "prepared") || !strcmp(j->phase, "running"))
		return 1;
	return err_set(err, EBUSY,
		       "hostpci-hook is at work on VM %u, or has left something: see "
		       "hostpci status %u; what it left: hostpci release %u",
		       vmid, vmid, vmid);
}

int session_no_vm(const struct session *session, const struct spec *spec, struct err *err)
{
	uint32_t vmid = session->request->vmid;
	const char *node = session->request->node;

	return err_set(
		err, ENOENT,
		"there is no VM %u: neither /etc/pve/%s%s%sqemu-server/%u.conf nor "
		"%s; correct the number, or make the file",
		vmid, node ? "nodes/" : "", node ? node : "", node ? "/" : "", vmid,
		spec->config);
}

int session_fail(struct session *session, enum exit_code code, const struct err *err)
{
	session->outcome->err = *err;
	if (code == EXIT_CODE_LEFT && err_is_rights(err) && !session->outcome->deeds.n)
		code = EXIT_CODE_REFUSED;
	return outcome_exit(session->outcome, code);
}

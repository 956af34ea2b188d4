/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/progress.h"
#include "run/booking.h"
#include "run/sharing.h"
#include "run/stop.h"
#include "run/undo.h"

/* What becomes of a device when its machine has stopped. */
enum fate {
	FATE_BACK,   /* as it was before */
	FATE_PARK,   /* kept on vfio-pci: "return" */
	FATE_REBOOT, /* kept for the start that follows at once */
	FATE_STAY,   /* is kept already */
	FATE_FORGET,
};

/* A sweep finds that what was kept since @at, for @seconds, was kept long enough. */
static bool is_due(const struct stop *s, int64_t at, int64_t seconds)
{
	return s->cause == STOP_SWEEP && (!at || s->now - at >= seconds);
}

/* It is where it goes back to: it cannot be kept from there. */
static bool was_there(const struct stop *s, const struct journal_hold *h,
		      struct device *ret)
{
	const struct session *session = s->session;
	char before[LIMIT_NAME];

	if (device_read(session->root, &h->hold.bdf, ret) < 0)
		return false;
	undo_driver(session->journal, &h->hold, before);
	return !strcmp(before, ret->driver);
}

static enum fate fate_by_policy(const struct stop *s, const struct journal_hold *h)
{
	struct device device;

	switch ((enum wish_return)h->hold.return_to) {
	case WISH_RETURN_HOST:
		return FATE_BACK;
	case WISH_RETURN_VFIO:
		return was_there(s, h, &device) ? FATE_BACK : FATE_PARK;
	case WISH_RETURN_NONE:
		return FATE_FORGET;
	case _WISH_RETURN_MAX:
		break;
	}
	return FATE_PARK;
}

/* A vGPU type is set anew at once, and Proxmox has freed it before it called. */
static bool has_vgpu(const struct stop *s, const struct bdf *bdf)
{
	const struct journal *j = s->session->journal;

	for (size_t i = 0; i < j->steps; i++)
		if (journal_alive(&j->step[i]) &&
		    j->step[i].step.kind == STEP_VGPU_TYPE &&
		    bdf_equal(&j->step[i].step.bdf, bdf))
			return true;
	return false;
}

static enum fate fate_of(const struct stop *s, const struct journal_hold *h)
{
	int64_t after = (int64_t)h->hold.return_after * 60;

	/* Its start never came to its end: no guest has written to it. A mediated device
	 * is made anew by each start. */
	if (s->cause == STOP_RELEASE || h->fresh || uuid_is_set(&h->hold.mdev))
		return FATE_BACK;
	if (!strcmp(h->parked, "reboot"))
		return is_due(s, h->parked_at, LIMIT_START_S) ? fate_by_policy(s, h)
							      : FATE_STAY;
	if (h->parked[0])
		return after && is_due(s, h->parked_at, after) ? FATE_BACK : FATE_STAY;
	if (has_vgpu(s, &h->hold.bdf))
		return FATE_BACK;
	return s->cause == STOP_REBOOT ? FATE_REBOOT : fate_by_policy(s, h);
}

struct stop stop_for(struct session *session, enum stop_cause cause)
{
	const struct journal *j = session->journal;
	bool cut_off = cause == STOP_SWEEP && j && !strcmp(j->phase, "release");

	return (struct stop){
		.session = session,
		.cause = cut_off ? STOP_RELEASE : cause,
		.now = clock_boot_s(),
	};
}

bool stop_is_idle(const struct stop *stop)
{
	const struct journal *j = stop->session->journal;
	bool idle = true, devices = false;

	for (size_t i = 0; i < j->holds; i++) {
		if (!j->hold[i].open || j->hold[i].hold.shared)
			continue;
		devices = true;
		idle &= fate_of(stop, &j->hold[i]) == FATE_STAY;
	}
	return devices && idle;
}

/* A dry run's journal is its own: what would be over is so, for what comes after it. */
static int closed_dry(struct journal_hold *h, int r)
{
	h->open = false;
	return r;
}

static void say(const struct stop *s, const struct journal_hold *h, const char *text)
{
	notes_add(&s->session->outcome->notes, "hostpci%d %s %s", h->hold.slot,
		  BDF(&h->hold.bdf), text);
}

/* What goes back to vfio-pci, where it was before any machine had it. */
static void say_if_there(const struct stop *s, const struct journal_hold *h)
{
	struct device device;
	char text[LIMIT_NAME + 64];

	if (uuid_is_set(&h->hold.mdev) || !was_there(s, h, &device) || !device.on_vfio)
		return;
	(void)snprintf(text, sizeof(text), "was on %s before and stays there",
		       device.driver);
	say(s, h, text);
}

static void say_kept(const struct stop *s, const struct journal_hold *h)
{
	char text[200], after[32] = "";

	if (h->hold.return_after)
		(void)snprintf(after, sizeof(after), " for %d min", h->hold.return_after);
	(void)snprintf(
		text, sizeof(text),
		"stays on vfio-pci%s (%s); hostpci release %u gives it back%s", after,
		h->hold.storage ? "storage; return = host changes that" : "return = vfio",
		s->session->request->vmid, after[0] ? " before that" : "");
	say(s, h, text);
}

/* Keeps a device that has to be kept; the rest is taken back by @deeds. */
static int settle(const struct stop *s, struct journal_hold *h, struct deeds *deeds)
{
	bool dry = s->session->request->dry;
	struct journal *j = s->session->journal;
	int r;

	switch (fate_of(s, h)) {
	case FATE_BACK:
		say_if_there(s, h);
		h->parked[0] = '\0'; /* on file it stays so until it is back */
		r = undo_add(j, &h->hold, 0, false, deeds);
		return dry ? closed_dry(h, r) : r;
	case FATE_STAY:
		s->session->outcome->kept++;
		return 0;
	case FATE_REBOOT:
		s->session->outcome->kept++;
		say(s, h, "is kept for the start that follows");
		return dry ? 0 : journal_park(j, &h->hold, "reboot");
	case FATE_PARK:
		s->session->outcome->kept++;
		say_kept(s, h);
		return dry ? 0 : journal_park(j, &h->hold, "return");
	case FATE_FORGET:
		say(s, h, "is left alone (return = none)");
		return dry ? closed_dry(h, 0) : journal_close(j, &h->hold);
	}
	return -EINVAL;
}

/* A full /run keeps nothing from going back: what it needs for that is on file. */
static int settle_all(const struct stop *s)
{
	struct session *session = s->session;
	struct journal *j = session->journal;
	int r = 0, first = 0;

	if (!session->request->dry) {
		first = journal_tidy(j);
		r = journal_phase(j, s->cause == STOP_RELEASE ? "release" : "stopped");
	}
	first = first < 0 ? first : r;
	/* In reverse: what was taken last goes back first. */
	for (size_t i = j->holds; i-- > 0;) {
		if (!j->hold[i].open || j->hold[i].hold.shared)
			continue;
		r = settle(s, &j->hold[i], &session->outcome->deeds);
		first = first < 0 ? first : r;
	}
	return first;
}

static void close_done(struct journal *j)
{
	for (size_t i = 0; i < j->holds; i++) {
		const struct journal_hold *h = &j->hold[i];

		/* On a full /run it is enough that the journal ends. */
		if (h->open && !h->hold.shared && !undo_is_left(j, &h->hold) &&
		    !h->parked[0])
			(void)!journal_close(j, &h->hold);
	}
}

/* First the devices, then the physical functions that no device is of any more. */
static int give_back_both(const struct stop *s, struct err *err)
{
	struct session *session = s->session;
	const struct sharing sharing = {.session = session,
					.back = s->cause == STOP_RELEASE};
	struct deeds *deeds = &session->outcome->deeds;
	struct err why;
	int r, shared;

	r = session->request->dry ? 0
				  : engine_run(session->root, session->journal,
					       deeds->item, deeds->n, NULL, err);
	if (!session->request->dry)
		close_done(session->journal);
	shared = sharing_give_back(&sharing, &why);
	if (shared < 0 && r == 0)
		*err = why;
	return r < 0 ? r : shared;
}

static int give_back(const struct stop *s, struct err *err)
{
	struct session *session = s->session;
	struct journal *j = session->journal;
	int r, settled = settle_all(s), ended;

	if (session->request->dry && settled < 0)
		return err_set(err, -settled, "out of memory");
	r = give_back_both(s, err);
	if (session->request->dry)
		return r;
	ended = journal_end(j);
	if (ended == 0 && settled < 0 && journal_has_open(j))
		ended = settled;
	if (ended < 0 && r == 0)
		r = err_set(err, -ended, "the journal cannot be written: %s",
			    strerror(-ended));
	return r;
}

int stop_devices(const struct stop *stop)
{
	struct session *session = stop->session;
	struct err err = {0};

	if (!session->request->dry)
		booking_clear(session); /* without Proxmox nobody else does */
	return give_back(stop, &err) < 0 ? session_fail(session, EXIT_CODE_LEFT, &err)
					 : outcome_exit(session->outcome, EXIT_CODE_DONE);
}

/* Devices may only be given back by hand when nobody starts, stops or uses the machine.
 */
static int refuse_release(struct session *session, struct err *err)
{
	uint32_t vmid = session->request->vmid;
	int locked = session_vm_locked(session);
	struct proc_id qemu;

	if (session_vm_runs(session, &qemu))
		(void)err_set(err, EBUSY, "VM %u runs (pid %d): stop it first", vmid,
			      (int)qemu.pid);
	else if (locked != 0 && locked != -ENOENT)
		(void)err_set(err, EBUSY,
			      "Proxmox is starting or stopping VM %u: try again when it "
			      "is done",
			      vmid);
	else
		return 0;
	return session_fail(session, EXIT_CODE_BUSY, err);
}

/* QEMU may still be on its way out; a machine that runs keeps its devices. */
static int await_end(struct session *session, struct err *err)
{
	struct progress_wait wait = progress_wait(clock_ms() + LIMIT_BUSY_MS);
	struct proc_id qemu;
	char text[64];

	if (session->request->dry)
		return 0;
	while (session_vm_runs(session, &qemu)) {
		if (clock_ms() >= wait.end) {
			(void)err_set(err, EBUSY,
				      "VM %u runs (pid %d): nothing is taken from it",
				      session->request->vmid, (int)qemu.pid);
			return session_fail(session, EXIT_CODE_BUSY, err);
		}
		(void)snprintf(text, sizeof(text), "VM %u still runs (pid %d)",
			       session->request->vmid, (int)qemu.pid);
		progress_waits(&wait, text);
		clock_sleep_ms(LIMIT_BUSY_POLL_MS);
	}
	return 0;
}

/* Nothing is kept, which for a machine that does not exist is a wrong number. Not
 * inlined: a whole spec is on its stack, which a stop never needs. */
static int __attribute__((noinline))
nothing_released(struct session *session, struct err *err)
{
	_cleanup_(spec_free) struct spec spec = {0};
	const struct request *q = session->request;

	if (spec_load(q->root, q->node, q->vmid, &spec, err) == 0 && !spec.have_config &&
	    !spec.have_policy) {
		(void)session_no_vm(session, &spec, err);
		return session_fail(session, EXIT_CODE_CONFIG, err);
	}
	notes_add(&session->outcome->notes, "VM %u keeps no device", q->vmid);
	return outcome_exit(session->outcome, EXIT_CODE_DONE);
}

static int nothing_kept(struct session *session, struct err *err)
{
	return session->request->change == CHANGE_RELEASE
		       ? nothing_released(session, err)
		       : outcome_exit(session->outcome, EXIT_CODE_DONE);
}

static enum stop_cause cause_of(const struct session *session)
{
	char path[64];

	if (session->request->change == CHANGE_RELEASE)
		return STOP_RELEASE;
	(void)snprintf(path, sizeof(path), "/run/qemu-server/%u.reboot",
		       session->request->vmid);
	return file_exists(session->root, path) ? STOP_REBOOT : STOP_END;
}

int stop_run(struct session *session)
{
	struct err err = {0};
	struct stop stop;
	int r;

	r = session_begin(session, false, &err);
	if (r == -ENOENT)
		return nothing_kept(session, &err);
	if (r < 0)
		return session_fail(session,
				    r == -EBUSY || r == -EINTR ? EXIT_CODE_BUSY
							       : EXIT_CODE_LEFT,
				    &err);
	session_unlock(session); /* giving up a claim can surprise nobody */
	stop = stop_for(session, cause_of(session));
	r = stop.cause == STOP_RELEASE ? refuse_release(session, &err)
				       : await_end(session, &err);
	return r != 0 ? r : stop_devices(&stop);
}

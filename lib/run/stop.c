/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "run/booking.h"
#include "run/undo.h"

/* What becomes of a device when its machine has stopped. */
enum fate {
	FATE_BACK,   /* as it was before */
	FATE_PARK,   /* kept on vfio-pci: "return" */
	FATE_REBOOT, /* kept for the start that follows at once */
	FATE_STAY,   /* is kept already */
	FATE_FORGET,
};

struct stop {
	struct session *session;
	bool reboot;
	bool release;
};

static enum fate fate_of(const struct stop *s, const struct journal_hold *h)
{
	if (s->release)
		return FATE_BACK;
	if (h->parked[0])
		return FATE_STAY;
	if (s->reboot)
		return FATE_REBOOT;
	switch ((enum wish_return)h->hold.return_to) {
	case WISH_RETURN_HOST:
		return FATE_BACK;
	case WISH_RETURN_VFIO:
		return FATE_PARK;
	case WISH_RETURN_NONE:
		return FATE_FORGET;
	case _WISH_RETURN_MAX:
		break;
	}
	return FATE_PARK;
}

static int forget(struct journal *j, const struct bdf *bdf)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->steps; i++)
		if (journal_alive(&j->step[i]) && bdf_equal(&j->step[i].step.bdf, bdf))
			r = journal_mark(j, "undone", j->step[i].step.id);
	return r < 0 ? r : journal_close(j, bdf);
}

static void say(struct stop *s, const struct journal_hold *h, const char *text)
{
	notes_add(&s->session->outcome->notes, "hostpci%d %s %s", h->hold.slot,
		  BDF(&h->hold.bdf), text);
}

/* Keeps a device that has to be kept; the rest is taken back by @deeds. */
static int settle(struct stop *s, const struct journal_hold *h, struct deeds *deeds)
{
	bool dry = s->session->request->dry;
	struct journal *j = s->session->journal;
	char text[128];

	switch (fate_of(s, h)) {
	case FATE_BACK:
		return undo_add(j, &h->hold.bdf, 0, false, deeds);
	case FATE_STAY:
		return 0;
	case FATE_REBOOT:
		say(s, h, "is kept for the start that follows");
		return dry ? 0 : journal_park(j, &h->hold.bdf, "reboot");
	case FATE_PARK:
		(void)snprintf(text, sizeof(text),
			       "stays on vfio-pci (%s); hostpci release %u gives it back",
			       h->hold.storage ? "storage; return = host changes that"
					       : "return = vfio",
			       s->session->request->vmid);
		say(s, h, text);
		return dry ? 0 : journal_park(j, &h->hold.bdf, "return");
	case FATE_FORGET:
		say(s, h, "is left alone (return = none)");
		return dry ? 0 : forget(j, &h->hold.bdf);
	}
	return -EINVAL;
}

static int settle_all(struct stop *s)
{
	struct session *session = s->session;
	struct journal *j = session->journal;
	int r = session->request->dry || s->release ? 0 : journal_phase(j, "stopped");

	/* In reverse: what was taken last goes back first. */
	for (size_t i = j->holds; r == 0 && i-- > 0;)
		if (j->hold[i].open)
			r = settle(s, &j->hold[i], &session->outcome->deeds);
	return r;
}

static int close_done(struct journal *j, const struct deeds *deeds)
{
	bool left = false;
	int r = 0;

	for (size_t i = 0; i < deeds->n; i++)
		left |= undo_is_left(j, &deeds->item[i].step.bdf);
	for (size_t i = 0; r == 0 && i < j->holds; i++) {
		const struct journal_hold *h = &j->hold[i];

		if (h->open && !undo_is_left(j, &h->hold.bdf) && !h->parked[0])
			r = journal_close(j, &h->hold.bdf);
	}
	if (r == 0)
		r = journal_end(j);
	return r < 0 ? r : left;
}

static int give_back(struct stop *s, struct err *err)
{
	struct session *session = s->session;
	struct deeds *deeds = &session->outcome->deeds;
	struct journal *j = session->journal;
	int r, left;

	r = settle_all(s);
	if (r < 0)
		return err_set(err, -r, "the journal cannot be written: %s",
			       strerror(-r));
	if (session->request->dry)
		return 0;
	r = engine_run(session->root, j, deeds->item, deeds->n, NULL, err);
	/* A kept device without a step of ours (it was on vfio-pci before) just goes. */
	for (size_t i = 0; s->release && i < j->holds; i++)
		if (j->hold[i].open && !undo_is_left(j, &j->hold[i].hold.bdf))
			j->hold[i].parked[0] = '\0';
	left = close_done(j, deeds);
	if (left < 0 && r == 0)
		r = err_set(err, -left, "the journal cannot be written: %s",
			    strerror(-left));
	return r;
}

/* Devices may only be given back by hand when nobody starts, stops or uses the machine.
 */
static int refuse_release(struct session *session, struct err *err)
{
	uint32_t vmid = session->request->vmid;
	struct proc_id qemu;

	if (session_vm_runs(session, &qemu))
		(void)err_set(err, EBUSY, "VM %u runs (pid %d): stop it first", vmid,
			      (int)qemu.pid);
	else if (session_vm_locked(session))
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
	int64_t end = clock_ms() + (int64_t)LIMIT_BUSY_MS;
	struct proc_id qemu;

	if (session->request->dry)
		return 0;
	while (session_vm_runs(session, &qemu)) {
		if (clock_ms() >= end) {
			(void)err_set(err, EBUSY,
				      "VM %u runs (pid %d): nothing is taken from it",
				      session->request->vmid, (int)qemu.pid);
			return session_fail(session, EXIT_CODE_BUSY, err);
		}
		clock_sleep_ms(LIMIT_BUSY_POLL_MS);
	}
	return 0;
}

int stop_run(struct session *session)
{
	struct stop s = {.session = session,
			 .release = session->request->change == CHANGE_RELEASE};
	struct err err = {0};
	char path[64];
	int r;

	r = session_begin(session, false, &err);
	if (r == -ENOENT) {
		if (s.release)
			notes_add(&session->outcome->notes, "VM %u keeps no device",
				  session->request->vmid);
		return outcome_exit(session->outcome, EXIT_CODE_DONE);
	}
	if (r < 0)
		return session_fail(session,
				    r == -EBUSY || r == -EINTR ? EXIT_CODE_BUSY
							       : EXIT_CODE_LEFT,
				    &err);
	session_unlock(session); /* giving up a claim can surprise nobody */
	(void)snprintf(path, sizeof(path), "/run/qemu-server/%u.reboot",
		       session->request->vmid);
	s.reboot = file_exists(session->root, path);
	r = s.release ? refuse_release(session, &err) : await_end(session, &err);
	if (r != 0)
		return r;
	if (!session->request->dry)
		booking_clear(session); /* without Proxmox nobody else does */
	return give_back(&s, &err) < 0 ? session_fail(session, EXIT_CODE_LEFT, &err)
				       : outcome_exit(session->outcome, EXIT_CODE_DONE);
}

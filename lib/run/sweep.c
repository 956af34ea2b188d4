/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>

#include "run/standing.h"
#include "run/stop.h"

static _printf_(3, 4) int leave(struct session *session, enum standing standing,
				const char *fmt, ...)
{
	char text[sizeof(((struct err *)0)->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	session->outcome->standing = standing;
	notes_add(&session->outcome->notes, "%s %s", OWNER(session->request->vmid), text);
	return outcome_exit(session->outcome, EXIT_CODE_DONE);
}

/* It cannot be looked at: somebody is at work, or the journal cannot be read. */
static int give_up(struct session *session, int code, const struct err *err)
{
	bool busy = code == -EBUSY || code == -EINTR;

	if (code == -ENOENT) /* it ended meanwhile, or is another boot's */
		return leave(session, STANDING_OVER, "left nothing");
	session->outcome->standing = busy ? STANDING_BUSY : STANDING_UNKNOWN;
	return session_fail(session, busy ? EXIT_CODE_BUSY : EXIT_CODE_LEFT, err);
}

static int take_back(struct session *session, const struct stop *stop)
{
	char why[STANDING_WORDS];
	enum standing standing = standing_of(session, why);
	struct err err;

	switch (standing) {
	case STANDING_RUNS:
	case STANDING_STARTS:
		return leave(session, standing, "%s: left alone", why);
	case STANDING_NONE:
	case STANDING_KEPT:
	case STANDING_BUSY:
	case STANDING_UNKNOWN:
	case _STANDING_MAX:
		session->outcome->standing = STANDING_UNKNOWN;
		(void)err_set(&err, EAGAIN, "it %s: left alone", why);
		return session_fail(session, EXIT_CODE_LEFT, &err);
	case STANDING_OVER:
		break;
	}
	(void)leave(session, standing, "%s", why);
	return stop_devices(stop);
}

int sweep_run(struct session *session)
{
	struct err err = {0};
	struct stop stop;
	int r = session_begin(session, false, &err);

	if (r < 0)
		return give_up(session, r, &err);
	session_unlock(session);
	stop = stop_for(session, STOP_SWEEP);
	if (session->journal->anew)
		(void)leave(session, STANDING_OVER,
			    "has a journal of another boot: it is removed");
	else if (stop_is_idle(&stop))
		return leave(session, STANDING_KEPT, "has stopped and keeps its devices");
	return journal_has_open(session->journal) ? take_back(session, &stop)
						  : stop_devices(&stop);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "run/swerve.h"

/* Who uses the devices now, so that nothing is taken from under it. */
int post_start_run(struct session *session)
{
	struct err err = {0};
	struct proc_id qemu;
	int r = session_begin(session, false, &err);

	if (r == -ENOENT || (r == 0 && session->request->dry))
		return outcome_exit(session->outcome, EXIT_CODE_DONE);
	if (r < 0)
		return session_fail(
			session, r == -EBUSY ? EXIT_CODE_BUSY : EXIT_CODE_REFUSED, &err);
	session_unlock(session);
	if (session_vm_runs(session, &qemu))
		r = journal_qemu(session->journal, &qemu);
	else
		notes_add(&session->outcome->notes,
			  "QEMU of VM %u is not to be found (/run/qemu-server/%u.pid)",
			  session->request->vmid, session->request->vmid);
	if (r == 0)
		r = journal_phase(session->journal, "running");
	if (r < 0) {
		(void)err_set(&err, -r, "the journal cannot be written: %s",
			      strerror(-r));
		return session_fail(session, EXIT_CODE_REFUSED, &err);
	}
	if (swerve_repair(session, &err) < 0)
		return session_fail(session, EXIT_CODE_LEFT, &err);
	return outcome_exit(session->outcome, EXIT_CODE_DONE);
}

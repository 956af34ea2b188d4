/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cancel.h"
#include "run/engine.h"
#include "run/machine.h"

/* One run on one machine: its locks, its journal, and what came of it. */
struct session {
	const struct request *request;
	const struct root *root;
	struct outcome *outcome;
	struct journal *journal; /* locked, unless dry; NULL: there is none */
	struct cancel cancel;
	int lock;	 /* /run/hostpci/lock, -1: not held */
	int patience_ms; /* with another run, and with its children */
	/* The run is about some devices of the journal, and asks of each
	 * (session_at_work) whether a child that an earlier one left is at work on it. */
	bool apart;
	/* Virtual functions that could be chosen, but that the host uses. */
	struct bdf avoid[LIMIT_AVOID];
	unsigned avoids;
};

/*
 * Opens the machine's journal under its lock and takes the host's lock; waits, bounded,
 * for another run on this machine and for children that an earlier one left in the
 * kernel. A dry run only reads the journal, and waits for nobody. -ENOENT: there is no
 * journal, and not @create; -EBUSY: they did not end. Otherwise -errno.
 */
int session_begin(struct session *session, bool create, struct err *err) _must_check_;
/* -EBUSY with words: an earlier run has begun with @bdf, and has left a child at work. */
int session_at_work(const struct session *session, const struct bdf *bdf,
		    struct err *err) _must_check_;
/* Lets go of the host's lock: from here on the journal's claims speak. */
void session_unlock(struct session *session);
/* Takes the host's lock again, as session_begin does. */
int session_relock(struct session *session, struct err *err) _must_check_;
/* Lets others plan for @ms, then takes the lock again. -EINTR: a signal asks to end. */
int session_pause(struct session *session, int ms, struct err *err) _must_check_;
void session_end(struct session *session);

/* QEMU of the machine runs: by the journal, else by Proxmox's pid file. */
bool session_vm_runs(const struct session *session, struct proc_id *ret);
/* 1: somebody holds Proxmox's lock of this machine, a start or stop is under way; 0: not;
 * -ENOENT: it has none, Proxmox never did anything to it; -errno: it cannot be told. */
int session_vm_locked(const struct session *session);
/*
 * Of a hook of one kind: 1 if hostpci-hook has prepared the machine, of which nothing is
 * left to do then; 0 if it has not. -EBUSY: it is at it, or has not taken back all of it;
 * -EBADMSG and others: its journal cannot be read.
 */
int session_prepared(const struct session *session, struct err *err) _must_check_;
/* Puts into words that there is neither a configuration nor a policy of the machine. */
int session_no_vm(const struct session *session, const struct spec *spec,
		  struct err *err);

/* Ends the run with @err as its reason. */
int session_fail(struct session *session, enum exit_code code, const struct err *err);

/* The ways of a run, each in its own file. */
int start_run(struct session *session);	     /* pre-start */
int stop_run(struct session *session);	     /* post-stop, release */
int sweep_run(struct session *session);	     /* sweep */
int post_start_run(struct session *session); /* post-start */

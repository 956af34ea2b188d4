/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/proc.h"
#include "base/scope.h"
#include "plan/plan.h"

/*
 * What was done to the host for one machine: /run/hostpci/vm/VMID.journal, of a hook of
 * one kind VMID.KIND.journal, JSON lines, only ever appended to, one write(2) a record,
 * by the parent process alone. The intent of a write is on file before the write. Taking
 * back is done from here, never from the configuration. The format, version 1
 * (hostpci-journal(5)):
 *
 *   {"journal":1,"boot":ID,"vmid":N,"program":TEXT}   first
 *   {"hold":BDF,"slot":N,"group":N,"return":WORD,"storage":BOOL,"used":BOOL,
 *    "return_after":MINUTES,"mdev":UUID,"vf_of":BDF,  used: by a guest, before this
 *    "shared":BOOL,"changing":BOOL}                   a physical function: see struct
 *                                                     hold
 *   {"intent":ID,"kind":WORD,"device":BDF,"mdev":UUID,...}  about to write
 *   {"done":ID}  {"failed":ID}                        the write's effect was, was not
 * seen
 *   {"undo":ID}  {"undone":ID}                        about to take back; taken back
 *   {"child":PID,"start":TICKS}                       who does the writes
 *   {"park":BDF,"why":WORD,"at":SECONDS}              kept for later; a new hold ends it
 *   {"close":BDF,"mdev":UUID}                         no longer ours
 *   {"qemu":PID,"start":TICKS}  {"phase":WORD,"at":SECONDS,"locked":BOOL}
 *
 * Times are clock_boot_s(). Members that are not known are passed over, so a version may
 * add some; a record that older versions must not pass over needs a new number. "journal"
 * and "boot" are in the first record of every version.
 */
enum journal_state {
	JOURNAL_INTENT, /* perhaps written */
	JOURNAL_DONE,
	JOURNAL_UNDONE,
};

struct journal_step {
	struct step step;
	enum journal_state state;
	bool begun;   /* nothing says how that ended: perhaps a child is at it */
	bool undoing; /* what was begun last is to take it back */
};

struct journal_hold {
	struct hold hold;
	bool open;
	bool fresh;	 /* no guest can have used it: its start never came to its end */
	bool taken;	 /* by this process; the rest of it is not on file: */
	bool mine;	 /* it was not open before */
	char was[16];	 /* @parked before; empty: it was not */
	char parked[16]; /* why it is kept: "return" or "reboot"; empty: it is not */
	int64_t parked_at; /* clock_boot_s(); 0: not known */
};

struct journal {
	const struct root *root;
	uint32_t vmid;
	enum scope scope;
	int fd;		  /* locked and appended to; -1: only read */
	bool other_boot;  /* it tells of a boot that is over: nothing in it is true */
	bool torn;	  /* its last record was cut off, and is ignored */
	size_t size;	  /* bytes of whole records */
	bool anew;	  /* as it was opened, such a one was thrown away */
	char phase[16];	  /* the last one that was recorded */
	int64_t phase_at; /* clock_boot_s(); 0: not known */
	bool locked;	  /* Proxmox held its lock of the machine at the last start */
	struct proc_id qemu;
	struct journal_step *step; /* owned; in the order of their intents */
	size_t steps;
	struct journal_hold *hold; /* owned */
	size_t holds;
	struct proc_id *child; /* owned */
	size_t children;
	uint32_t next_id;
};

enum { JOURNAL_NAME = 40 };
#define JOURNAL_FOLDER "/run/hostpci/vm"
/* VMID 0 is no machine, but the host itself: host.KIND.journal (single.h). */
void journal_file_name(uint32_t vmid, enum scope scope, char buf[static JOURNAL_NAME]);
bool journal_exists(const struct root *root, uint32_t vmid, enum scope scope);

/* Reads without locking. -ENOENT: none; -EBADMSG: damaged, with file and line in @err. */
int journal_read(const struct root *root, uint32_t vmid, enum scope scope,
		 struct journal **ret, struct err *err) _must_check_;

/*
 * Locks, then reads; creates an empty one if @create. The lock lasts until journal_free.
 * -EBUSY: another process works on this machine; -ENOENT: none, and not @create.
 */
int journal_open(const struct root *root, uint32_t vmid, enum scope scope, bool create,
		 struct journal **ret, struct err *err) _must_check_;
/* A run on the machine is under way. */
bool journal_is_locked(const struct root *root, uint32_t vmid, enum scope scope);
struct journal *journal_free(struct journal *journal);

static inline void journal_freep(struct journal **journal)
{
	*journal = journal_free(*journal);
}

/*
 * Each appends one record and keeps @journal as if it had been read again. What is undone
 * or closed is so even if it cannot be put on file: the next run looks and finds it so.
 */
int journal_phase(struct journal *journal, const char *phase) _must_check_;
int journal_take(struct journal *journal, const struct hold *hold) _must_check_;
int journal_intent(struct journal *journal,
		   struct step *step) _must_check_; /* sets its id */
int journal_mark(struct journal *journal, const char *what, uint32_t id) _must_check_;
int journal_child(struct journal *journal, const struct proc_id *child) _must_check_;
int journal_park(struct journal *journal, const struct hold *hold,
		 const char *why) _must_check_;
int journal_close(struct journal *journal, const struct hold *hold) _must_check_;
int journal_qemu(struct journal *journal, const struct proc_id *qemu) _must_check_;

/* What such a record says of @step: "done", "failed", "undo" or "undone". */
void journal_mark_step(struct journal_step *step, const char *what);

/* Makes room for @n more steps, so that journal_intent allocates nothing. */
int journal_reserve(struct journal *journal, size_t n) _must_check_;

/* The first record, of an empty file. */
int journal_header(struct journal *journal) _must_check_;

/* Cuts the file back to its first @size bytes: records that a failed run began. */
void journal_rewind(struct journal *journal, size_t size);

/* Removes the file if nothing of it is open any more. */
int journal_end(struct journal *journal) _must_check_;

/* Starts the file anew with what is still open. */
int journal_compact(struct journal *journal) _must_check_;
/* The same, but only when it has grown: it must not with every reboot, or sweep. */
int journal_tidy(struct journal *journal) _must_check_;

/* What a phase that has begun says of the holds, on file or in memory. */
void journal_begin_phase(struct journal *journal, const char *phase, int64_t at);

/*
 * Every address, and UUID of a mediated device, that a journal which cannot be read has
 * in its text, up to @max of them, each a hold in @ret that says no more; returns their
 * number. For the claims of a damaged one.
 */
size_t journal_salvage(const struct root *root, uint32_t vmid, enum scope scope,
		       struct hold *ret, size_t max);

/* NULL: the machine does not hold @hold's device. */
struct journal_hold *journal_find(struct journal *journal, const struct hold *hold);
/* From here on nothing is held of @own, and no step on it is in effect any more: not even
 * one that was never taken back. What journal_close puts on file. */
void journal_end_hold(struct journal *journal, struct journal_hold *own);
bool journal_has_open(const struct journal *journal);
/* True if @step's write may still be in effect. */
static inline bool journal_alive(const struct journal_step *step)
{
	return step->state != JOURNAL_UNDONE;
}

/* Calls @each with the VMID and scope of every journal, ascending; stops at non-zero,
 * returns that. */
typedef int journal_entry(void *context, uint32_t vmid, enum scope scope);
int journal_each(const struct root *root, journal_entry *each,
		 void *context) _must_check_;
/* The same of every report of a machine that is beside them (report.h). */
int journal_each_report(const struct root *root, journal_entry *each,
			void *context) _must_check_;

/* Parses @size bytes (journal-parse.c); the rest of @journal is as journal_read leaves
 * it. */
int journal_parse(struct journal *journal, const char *records, size_t size,
		  const char *file, struct err *err) _must_check_;

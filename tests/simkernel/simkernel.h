/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * A kernel for tests, preloaded into the real programs. SIMKERNEL names its folder; the
 * fake root is the folder `root` beside it. In the folder:
 *   rules    what shall happen at which write (rules.c)
 *   log      every write below the root's /sys, and its result
 *   busy     paths below /dev that somebody has open, one a line
 *   natives  "ADDRESS DRIVER": drivers whose id tables have the device
 *   stash/   children of unbound drivers (nvme/nvme0, net/eth0)
 * With SIMKERNEL_REAL in the place of SIMKERNEL the root is / and its kernel answers:
 * only the rules hold, and the log is written.
 */
struct sim {
	char folder[PATH_MAX / 4];
	char root[PATH_MAX / 4];
	bool real;
	pid_t program; /* the process that was started; others are its children */
};

extern struct sim sim;

/* One write to the fake root. */
struct sim_write {
	const char *path; /* below the root: "sys/bus/pci/drivers/nvme/unbind" */
	char value[4096];
};

/* Serialises everything that looks at or changes the fake host; fork-safe. */
int sim_lock(void);
void sim_unlock(int fd);

/* True if `busy` lists @path ("/dev/vfio/14"). */
bool sim_is_busy(const char *path);

/* A write as the kernel and the rules answer it: 0 or a positive errno. */
int sim_store(const struct sim_write *write);

/* What the kernel would do (answers.c): 0 or a positive errno. */
int answer(const struct sim_write *write);

/* What the rules want before and after the kernel's own answer (rules.c). */
struct verdict {
	int error;    /* a positive errno instead of the answer */
	bool lie;     /* success without effect */
	bool tear;    /* half of a journal's record, then the end */
	int line[16]; /* the rules that hold for this write */
	int lines;
};

void rules_before(const struct sim_write *write, struct verdict *ret);
void rules_after(const struct verdict *verdict);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/root.h"

/* A process that cannot be mistaken for a later one of the same number. */
struct proc_id {
	pid_t pid;
	uint64_t start; /* clock ticks since boot, field 22 of /proc/PID/stat (proc(5)) */
};

/* -ESRCH: no such process, or it is a zombie. */
int proc_identify(const struct root *root, pid_t pid, struct proc_id *ret) _must_check_;
/*
 * The clock that tells when a process began, in the same ticks. What was forked between
 * two looks at it that are the same needs no look at /proc.
 */
uint64_t proc_clock(void);
bool proc_alive(const struct root *root, const struct proc_id *id);

/* True if @pid has ended, or is about to: what it has open is let go without further ado.
 */
bool proc_is_going(const struct root *root, pid_t pid);

/*
 * True if @pid is QEMU of machine @vmid: its command line has "-id VMID". The kernel
 * shows that under the process' mmap_lock, which QEMU may hold for ever: a child reads
 * it, and a process that does not let it in time is taken for the machine.
 */
bool proc_is_vm(const struct root *root, pid_t pid, uint32_t vmid);

/* The first line of @path as a pid; 0: there is none. */
pid_t proc_file_pid(const struct root *root, const char *path);

/* Pid of running machine @vmid by Proxmox's /run/qemu-server/VMID.pid; 0: it does not
 * run. */
pid_t proc_vm_pid(const struct root *root, uint32_t vmid);

enum { PROC_BOOT_ID = 37 };
/* The kernel's boot id, 36 characters. */
int proc_boot_id(const struct root *root, char ret[static PROC_BOOT_ID]) _must_check_;

/* The kernel stack of a process on one line ("a < b < c"), empty if it cannot be read. */
const char *proc_stack(const struct root *root, pid_t pid, char *buf, size_t size);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

#include "host/facts.h"

/*
 * Proxmox's own list of who has which device, /run/qemu-server/pci-id-reservations: a
 * line "ADDRESS VMID pid:PID" of a machine that runs, "ADDRESS VMID time:EPOCH" of one
 * that starts; changed under the lock of the same name with .lock (qemu-server,
 * PVE::QemuServer::PCI). A node without /run/qemu-server has none.
 */
bool reservation_exists(const struct root *root);
/* Somebody was killed while changing it; the next change clears that away. */
bool reservation_is_torn(const struct root *root);

/* For whom, and how long. */
struct reservation {
	uint32_t vmid;
	pid_t pid;     /* while this QEMU runs; 0: for a time */
	int timeout_s; /* 5 s are added, as Proxmox does; -1: none */
};

/*
 * Reserves all of @bdf[0..n), or none. -EBUSY with words: another machine has one, or
 * @who runs with another pid than it had; -ETIMEDOUT: the lock was kept for 5 s. What it
 * takes over from machines that are gone is said in @notes, which may be NULL.
 */
int reservation_take(const struct root *root, const struct reservation *who,
		     const struct bdf *bdf, size_t n, struct notes *notes,
		     struct err *err) _must_check_;

/* Drops @vmid's reservations: those of @bdf[0..n), or all if @bdf is NULL. */
int reservation_drop(const struct root *root, uint32_t vmid, const struct bdf *bdf,
		     size_t n, struct err *err) _must_check_;

/* Devices that @vmid has reserved, by name; with @pid only those of a running machine.
 * The caller frees *@ret. */
int reservation_list(const struct root *root, uint32_t vmid, bool pid, struct bdf **ret,
		     size_t *ret_n, struct err *err) _must_check_;

/* Seconds until the last of @vmid's reservations for a start is over; 0: it has none. */
int reservation_start(const struct root *root, uint32_t vmid, int64_t *ret,
		      struct err *err) _must_check_;

/* Adds to @facts what other machines than @vmid have reserved and still may have. */
int reservation_gather(const struct root *root, uint32_t vmid, struct facts *facts,
		       struct err *err) _must_check_;

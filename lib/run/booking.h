/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/reservation.h"
#include "run/session.h"

/* Devices that a start has reserved in Proxmox's list. */
struct booking {
	struct bdf *bdf; /* owned */
	size_t n;
};

/*
 * Finds the devices of @spec, chooses where a mapping leaves a choice, and reserves what
 * is chosen for the machine, so that Proxmox, which chooses after the hook, chooses the
 * same. A dry run, and a start that the gate will refuse for who has what, reserve
 * nothing. @ret is freed by the caller in any case. -EBUSY: others reserve faster;
 * others: facts_resolve, reservation_take.
 */
int booking_make(struct session *session, const struct spec *spec, struct facts **facts,
		 struct booking *ret, struct err *err) _must_check_;
/* Reserves again: preparing may have taken longer than the reservation lasts. */
int booking_renew(struct session *session, const struct booking *booking,
		  struct err *err) _must_check_;
/* Drops whatever the machine has reserved; failing is a warning. */
void booking_clear(struct session *session);
void booking_free(struct booking *booking);

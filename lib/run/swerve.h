/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/*
 * Proxmox chooses among a mapping's alternatives itself. If the running machine has
 * others than were prepared (it reserves them with QEMU's pid), takes back what was
 * prepared for nothing, claims what is used instead, and says so. 0, or -EIO when
 * something could not be taken back: it stays in the journal.
 */
int swerve_repair(struct session *session, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/*
 * Runs the policy's commands that free devices, for those that the gate's findings say
 * are in use, each command once; a dry run only says so. The host's lock is let go for
 * the time. Returns how many there were; -errno: a signal asks to end, or the lock is not
 * to be had again.
 */
int free_devices(struct session *session, const struct spec *spec,
		 struct err *err) _must_check_;

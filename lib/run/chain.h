/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/*
 * Other hookscripts of a machine (policy: hooks), called as Proxmox would call them: the
 * same arguments, environment, folder, output, and for as long as they take. SIGINT,
 * SIGTERM and SIGHUP are passed on as SIGTERM.
 */

/* -ENOENT and others with words, as Proxmox has them: one is not there, or cannot be
 * executed. */
int chain_check(const struct root *root, const struct text_list *hooks,
		struct err *err) _must_check_;

/* Runs them in their order; the first that fails ends it, with words. -EINTR: one of the
 * signals came. */
int chain_start(struct session *session, const struct text_list *hooks,
		struct err *err) _must_check_;

/* The phase of @session of which Proxmox only warns: reads from the policy whom to run,
 * and what fails is a warning. */
void chain_phase(struct session *session);

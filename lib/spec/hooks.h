/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"
#include "base/vmid.h"
#include "spec/vmtext.h"

/*
 * The hookscript that a machine had before `hostpci attach` is put at the end of its
 * policy, and taken from there, without touching what else the text holds.
 */

/* *@ret is @text with @hook in `hooks`. -ENOMEM. */
int hooks_text_add(const struct vmtext *text, const char *hook,
		   struct vmtext *ret) _must_check_;
/* *@ret is @text without what hooks_text_add put there; data NULL: it is not there as it
 * was. -ENOMEM. */
int hooks_text_remove(const struct vmtext *text, const char *hook,
		      struct vmtext *ret) _must_check_;

/* What hooks_chain would refuse; 1: @hook is there already, 0: it would be put there. */
int hooks_check(const struct root *root, uint32_t vmid, const char *hook,
		struct err *err) _must_check_;

/*
 * Puts @hook into the hooks of machine @vmid, in the cluster's policy. Nothing to do if
 * it is what they are already. -EEXIST with what to write by hand: there are others;
 * otherwise as policies are read, and the cluster's files are written.
 */
int hooks_chain(const struct root *root, uint32_t vmid, const char *hook,
		struct err *err) _must_check_;

/* Takes it out again, if hooks_chain put it there: what somebody wrote stays. */
int hooks_unchain(const struct root *root, uint32_t vmid, const char *hook,
		  struct err *err) _must_check_;

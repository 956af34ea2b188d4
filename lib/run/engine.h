/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cancel.h"
#include "run/deed.h"
#include "run/journal.h"

/*
 * Carries out @deed[0..n), all of one direction, the lanes side by side, each in a child
 * of its own, and writes down in each deed what became of it. A deed begins when those of
 * earlier stages on its PCI bus are over.
 * Look, skip if already so, journal, write, look again. After a failure nothing new is
 * done; taking back goes on with the other devices. When @cancel, which may be NULL, is
 * asked for, it stops after what is under way.
 * Returns 0, or -EIO when a deed failed, -EINTR when cancelled; never later than the
 * deadlines of the steps.
 */
int engine_run(const struct root *root, struct journal *journal, struct deed *deed,
	       size_t n, struct cancel *cancel, struct err *err) _must_check_;

/* Called whenever a deed may have come to its end. */
struct engine_watch {
	void (*moved)(void *context);
	void *context;
};

/*
 * The same for devices that have nothing to do with each other: what fails with one, or
 * is stuck, is nothing to those of other lanes, and none waits for the stages of another.
 * The deeds of one device are of one lane, in the order of doing. Returns -EIO when any
 * deed failed.
 */
int engine_run_apart(const struct root *root, struct journal *journal, struct deed *deed,
		     size_t n, struct cancel *cancel, const struct engine_watch *watch,
		     struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"

/*
 * Takes flock(2) on @fd, waiting at most @timeout_ms. -EBUSY: another process kept it
 * that long. The lock goes with the last descriptor of this open file; children close
 * theirs.
 */
int lock_take(int fd, int timeout_ms) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/*
 * Sets what @text, a vf_change, says of the virtual function at @path (or of its physical
 * one), and waits, bounded, until the card shows it. -errno, as the kernel answers.
 */
int vf_set(const struct root *root, const char *path, const char *text) _must_check_;

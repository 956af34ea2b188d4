/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/*
 * Loads a kernel module and what it needs, as modprobe does (options and install rules of
 * modprobe.d hold). libkmod is loaded on the way: few starts need it. -ENOENT: no such
 * module; -ENOTSUP: the root is moved, and the kernel is not; -ELIBACC: no libkmod.
 */
int module_load(const struct root *root, const char *name) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/*
 * Makes the controller of the virtual function that @path names what @text says, "0 nvme
 * online:2:1": the function's number, and a state (host/nvme-state.h). Its resources can
 * only be changed while it is offline. Several commands: ended among them, it is offline.
 */
int nvme_set(const struct root *root, const char *path, const char *text) _must_check_;

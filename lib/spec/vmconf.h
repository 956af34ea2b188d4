/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/spec.h"

/*
 * Reads the current part (before the first [section]) of a Proxmox VM config. A line of a
 * device that Proxmox's reader would drop with a warning, or that a later one overrides,
 * becomes a note that names file and line, the first one also spec.rejected. @text is
 * changed. -E2BIG, -ERANGE: a line that Proxmox takes is more than our limits.
 */
int vmconf_parse(char *text, size_t size, const char *file, struct spec *spec,
		 struct err *err) _must_check_;

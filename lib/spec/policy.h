/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/spec.h"

/*
 * Reads a host's policy over spec.host: settings for all machines and, in a group
 * nodes.NAME, for one node of the cluster. A name that the cluster of @root (NULL: it is
 * not asked) does not have is noted. Otherwise as policy_parse.
 */
int policy_parse_host(const struct root *root, const char *text, size_t size,
		      const char *file, const char *node, struct spec *spec,
		      struct err *err) _must_check_;

/*
 * Reads a machine's policy (libconfig) over what @spec already holds: settings for all
 * devices, and groups hostpciN. An unknown key is a note that names file and line; a
 * known key of the wrong type or range is an error, as are @include and numbers that
 * libconfig would wrap silently.
 */
int policy_parse(const char *text, size_t size, const char *file, struct spec *spec,
		 struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

/*
 * @text with each byte that is no part of a valid UTF-8 character (RFC 3629) replaced by
 * U+FFFD: JSON knows nothing else, and names of others are in ours. The caller frees it.
 * NULL: out of memory.
 */
char *utf8_repaired(const char *text) _must_check_;

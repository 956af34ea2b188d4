/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

/*
 * A JSON document whose bytes are all valid UTF-8 (RFC 3629), as JSON knows nothing else:
 * one that is no part of a character, in a text of others that ours quotes, is written as
 * the character of ISO 8859-1, \u00ff. The caller frees it. NULL: out of memory.
 */
char *utf8_escaped(const char *json) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"

/*
 * Refuses what libconfig 1.5 would take without a word: @include (it follows any path),
 * integers over 32 bits (they wrap), NUL bytes (the rest is not read); and
 * texts without end, whose line it does not tell. -EINVAL, -ERANGE.
 */
int policy_lint(const char *text, size_t size, const char *file,
		struct err *err) _must_check_;

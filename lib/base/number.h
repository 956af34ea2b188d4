/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"

/*
 * The whole of @text as an unsigned decimal number: digits only, no sign, no blanks.
 * -EINVAL: not that; -ERANGE: more than @max.
 */
int number_parse(const char *text, uint64_t max, uint64_t *ret) _must_check_;

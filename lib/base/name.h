/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * True for a name that may become one part of a path and stand in a JSON string as it is:
 * 1 to LIMIT_NAME - 1 printable ASCII characters, no '/', '"' or '\', not "." or "..".
 */
bool name_valid(const char *name);

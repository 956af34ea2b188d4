/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

/* A UUID as sysfs writes it: 36 characters, lower case. Empty: none. */
enum { UUID_TEXT = 37 };
struct uuid {
	char text[UUID_TEXT];
};

/* Takes upper case as well, as the kernel does (uuid_parse), and nothing behind it.
 * -EINVAL. */
int uuid_parse(const char *text, struct uuid *ret) _must_check_;

static inline bool uuid_is_set(const struct uuid *uuid)
{
	return uuid->text[0] != '\0';
}

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return !strcmp(a->text, b->text);
}

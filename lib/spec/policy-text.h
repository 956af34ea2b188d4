/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libconfig.h>

#include "base/err.h"

/*
 * Reads @size bytes of libconfig's syntax, checked by policy_lint, and hands the top
 * group to @use, whose result it returns. -EINVAL and others with file and line.
 */
typedef int policy_use(void *context, config_setting_t *top, struct err *err);
int policy_text(const char *text, size_t size, const char *file, policy_use *use,
		void *context, struct err *err) _must_check_;

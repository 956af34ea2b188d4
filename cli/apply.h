/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"
#include "run/apply.h"

/* Carries out @apply, but for root and dry, which the command line says, and tells what
 * came of it: as text, or as *@ret, which the caller prints. */
int apply_and_tell(struct context *context, const struct apply *apply,
		   struct json_object **ret);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"
#include "run/apply.h"

/* The same, and what the command line says of it: root, and whether it is a dry run. */
struct apply apply_asked(const struct context *context, const struct apply *apply);
/* Tells what came of one: as text, or as a value, which the caller prints. */
struct json_object *apply_tell(const struct context *context,
			       const struct outcome *outcome);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "unit.h"

#include <string.h>

#include "plan/step.h"

#define IDENTITY "8086:10c9 group 14"

static inline struct step make(enum step_kind kind, enum step_direction direction,
			       const char *found, const char *want)
{
	struct step s = {.kind = kind, .direction = direction, .bdf = {0, 1, 0, 0}};

	(void)strcpy(s.found, found);
	(void)strcpy(s.want, want);
	return s;
}

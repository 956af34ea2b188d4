/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/finding.h"

/* May the physical functions, whose virtual ones a machine gets, be counted on, and made
 * to have more? */
void gate_check_pfs(const struct spec *spec, const struct facts *facts,
		    struct findings *findings);

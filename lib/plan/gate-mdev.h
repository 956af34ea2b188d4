/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/finding.h"

/* What stands against making the mediated devices of a machine. */
void gate_check_mdevs(const struct spec *spec, const struct facts *facts,
		      struct findings *findings);

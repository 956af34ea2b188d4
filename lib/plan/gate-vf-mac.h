/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/finding.h"

/* Has a virtual function of another machine the address that one is to have? */
void gate_check_vf_macs(const struct spec *spec, const struct facts *facts,
			struct findings *findings);

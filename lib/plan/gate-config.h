/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/finding.h"

/*
 * What the machine's configuration names that is not here or cannot be given, and what
 * Proxmox would not start it for.
 */
void gate_check_config(const struct spec *spec, const struct facts *facts,
		       struct findings *findings);

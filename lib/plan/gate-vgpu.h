/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/finding.h"

/* Whether Proxmox, which reads the same line, can make of it what it names. */
void gate_check_vgpu_names(const struct spec *spec, const struct facts *facts,
			   struct findings *findings);
/* Whether @fact can have the vGPU type that it is to have, or has none where it should.
 */
void gate_check_vgpu(const struct facts *facts, const struct fact *fact,
		     struct findings *findings);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/finding.h"

/* What the kernel itself would refuse a device for, that is not on vfio yet. */
void gate_check_kernel(const struct facts *facts, const struct fact *fact,
		       struct findings *findings);
/* Groups that are smaller than the hardware keeps apart, by the kernel's command line. */
void gate_check_override(const struct facts *facts, struct findings *findings);

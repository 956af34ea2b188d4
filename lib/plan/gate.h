/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"
#include "plan/finding.h"

/*
 * Is it safe for the host to give these devices away? Looks at every device and every
 * sibling in its IOMMU group before any is touched, and says all there is to say at once.
 * Pure: everything it judges is in @facts.
 */
void gate_check(const struct spec *spec, const struct facts *facts,
		struct findings *findings);

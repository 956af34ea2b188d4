/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/claim.h"
#include "plan/finding.h"

/* Says in @f who holds its device, by @claim, and what to do. @itself: it is about the
 * claimed device, not about the function that a claimed mediated device is on. */
void gate_say_claim(struct finding *f, const struct claim *claim, bool itself);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/vf-state.h"
#include "plan/step.h"

extern const struct step_ops step_vf;

/* True if it endangers nobody when the card's driver cannot do it: then it is told. */
bool step_vf_optional(enum vf_setting setting, const char *value);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/step.h"

extern const struct step_ops step_vf_attribute;
extern const struct step_ops step_vfs_attribute;

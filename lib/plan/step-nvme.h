/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/nvme-state.h"
#include "plan/step.h"

extern const struct step_ops step_nvme;

/* "0 nvme online:2:1", its @found and @want: the function's number and a state. */
int step_nvme_parse(const char *text, unsigned *ret_index,
		    struct nvme_state *ret) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "unit.h"

#include <string.h>

#include "spec/policy.h"

/* A host's policy, on node "here". */
static inline int parse(const char *text, struct spec *spec, struct err *err)
{
	*spec = (struct spec){0};
	return policy_parse_host(NULL, text, strlen(text), "hostpci.conf", "here", spec,
				 err);
}

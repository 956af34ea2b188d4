/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/*
 * A start has failed for @why: takes back what it did since step @first_id, and leaves
 * kept devices kept. Returns the exit code.
 */
int roll_back(struct session *session, uint32_t first_id, const struct err *why);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/*
 * Devices that an earlier start took and @plan does not want: told, and they go back
 * first; of a dry run, the steps. What cannot be given back is warned about and stays in
 * the journal.
 */
void leftovers_undo(struct session *session, const struct plan *plan);

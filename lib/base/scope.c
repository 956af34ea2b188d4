/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/scope.h"

const char *const scope_words[_SCOPE_MAX] = {
	[SCOPE_ALL] = "",	 [SCOPE_MDEV] = "mdev",	    [SCOPE_SRIOV] = "sriov",
	[SCOPE_RESET] = "reset", [SCOPE_REBIND] = "rebind",
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Exit codes of hooks and of the verbs that change something (hostpci(1)). */
enum exit_code {
	EXIT_CODE_DONE = 0,    /* or nothing to do */
	EXIT_CODE_REFUSED = 1, /* failed or refused; the host is as before */
	EXIT_CODE_LEFT = 2,    /* failed; the host is not fully restored */
	EXIT_CODE_USAGE = 64,
	EXIT_CODE_BUSY = 75, /* busy or locked: try again */
	EXIT_CODE_CONFIG = 78,
};

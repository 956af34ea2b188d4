/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* When Proxmox calls a hookscript (pve-guest-common, PVE::GuestHelpers). */
enum phase {
	PHASE_PRE_START,
	PHASE_POST_START,
	PHASE_PRE_STOP,
	PHASE_POST_STOP,
	_PHASE_MAX,
	_PHASE_INVALID = -1,
};

const char *phase_name(enum phase phase);
/* _PHASE_INVALID: no such phase. */
enum phase phase_parse(const char *name);

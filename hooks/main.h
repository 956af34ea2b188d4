/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/scope.h"

/* A program that Proxmox calls as VMID PHASE. */
struct hook {
	const char *name;
	enum scope scope;
	const char *help; /* what it is, in lines */
};

/* The exit code of the program. */
int hook_main(const struct hook *hook, int argc, char **argv);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

static int run(struct context *context)
{
	(void)context;
	return 1;
}

const struct command command_showcmd = {
	.name = "showcmd",
	.arguments = "VMID",
	.summary = "print the QEMU arguments of a machine's passthrough devices",
	.options = 1U << OPTION_STANDALONE,
	.min = 1,
	.max = 1,
	.run = run,
};

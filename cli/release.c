/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

static int run(struct context *context)
{
	uint32_t vmid;

	if (!argument_vmid(context, 0, &vmid))
		return EXIT_CODE_USAGE;
	if (geteuid() != 0 && !context->root.moved) {
		(void)fprintf(stderr, "hostpci: release must run as root\n");
		return EXIT_CODE_REFUSED;
	}
	return change_run(context, vmid, CHANGE_RELEASE, false, REPORT_HOOK);
}

const struct command command_release = {
	.name = "release",
	.arguments = "VMID",
	.summary = "give the devices that a stopped machine keeps back to the host now",
	.help = "A disk of the guest becomes visible to the host: its md arrays and LVM "
		"volume\n"
		"groups may be assembled at once.\n"
		"Exit code: 0 done or nothing to do, 2 something could not be given "
		"back,\n"
		"75 the machine runs or is being started or stopped, 78 there is no such "
		"machine.\n",
	.min = 1,
	.max = 1,
	.run = run,
};

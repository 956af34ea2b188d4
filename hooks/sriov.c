/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks/main.h"

int main(int argc, char **argv)
{
	static const struct hook hook = {
		.name = "hostpci-sriov",
		.scope = SCOPE_SRIOV,
		.help = "A Proxmox VE hookscript: makes a machine's virtual functions, "
			"and "
			"sets what\n"
			"policy says of them, before it starts, takes it back after it "
			"stopped, and\n"
			"does nothing else. See hostpci-hook(8).\n",
	};

	return hook_main(&hook, argc, argv);
}

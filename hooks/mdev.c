/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks/main.h"

int main(int argc, char **argv)
{
	static const struct hook hook = {
		.name = "hostpci-mdev",
		.scope = SCOPE_MDEV,
		.help = "A Proxmox VE hookscript: makes a machine's mediated devices "
			"before\n"
			"it starts and removes them after it stopped, and does nothing "
			"else.\n"
			"See hostpci-hook(8).\n",
	};

	return hook_main(&hook, argc, argv);
}

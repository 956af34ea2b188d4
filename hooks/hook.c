/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks/main.h"

int main(int argc, char **argv)
{
	static const struct hook hook = {
		.name = "hostpci-hook",
		.scope = SCOPE_ALL,
		.help = "A Proxmox VE hookscript: gives a machine its PCI devices before "
			"it\n"
			"starts and takes them back after it stopped. See "
			"hostpci-hook(8).\n",
	};

	return hook_main(&hook, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Everything that grows is bounded here. Sizes are bytes, times milliseconds. */
enum {
	LIMIT_SLOTS = 16,     /* hostpci0..hostpci15, as Proxmox has */
	LIMIT_ADDRESSES = 32, /* addresses in one host= list */
	LIMIT_DEVICES = 256,  /* functions one machine touches, siblings included */
	LIMIT_STEPS = 2048,   /* steps of one plan, or alive in one journal */
	LIMIT_VFS = 256,      /* virtual functions of one physical function */
	LIMIT_AVOID = 64,     /* of them, that the host uses and a machine does not get */
	LIMIT_PFS = 32,	      /* physical functions that a policy stands for */
	LIMIT_DECLARED = 64,  /* entries of drivers in a policy */
	LIMIT_NAME = 64,      /* driver and module names; the kernel's own are shorter */
	LIMIT_VALUE = 256,    /* what a step writes */
	LIMIT_PARENTS = 32,   /* alternatives for one mediated device */
	LIMIT_ATTRIBUTE = 4096,	    /* one sysfs attribute: a page */
	LIMIT_CONFIG = 1024 * 1024, /* one configuration file; pmxcfs allows 1 MiB */
	LIMIT_JOURNAL = 4 * 1024 * 1024,
	LIMIT_JOURNAL_COMPACT = 128 * 1024, /* rewritten when a machine is adopted */
	LIMIT_BLOCK_DEPTH = 24,		    /* folders below a device until its disks */
	LIMIT_BLOCKS = 4096,		    /* disks and partitions of one controller */
	LIMIT_NODES = 40,		    /* device files looked for at once */
	LIMIT_OPENERS = 2,		    /* processes that are told of each */
	LIMIT_NETDEVS = 64, /* interfaces of one function, and on top of them */
	LIMIT_WORDS = 32,   /* words of a command, or texts of a list, of the policy */

	LIMIT_ARGUMENTS = 128, /* VMIDs on one command line */

	/* Waiting for another run, or for a child that one left in the kernel. */
	LIMIT_LOCK_MS = 20 * 1000,
	LIMIT_READ_MS = 3 * 1000,     /* a read that takes a device lock */
	LIMIT_OPENERS_MS = 10 * 1000, /* a look at all processes */
	LIMIT_BUSY_MS = 15 * 1000,    /* waiting for QEMU to let go of a device */
	LIMIT_BUSY_POLL_MS = 50,
	LIMIT_AGAIN_MS = 250, /* until a write is tried again that a driver refuses */
	LIMIT_SETTLE_MS = 10 * 1000, /* what a quirk may ask for after a reset */

	LIMIT_PROGRESS_MS = 3 * 1000, /* until something that takes long is told */

	LIMIT_QUIRKS = 4096, /* ids of quirks.conf */

	LIMIT_VFS_MS =
		120 * 1000, /* making virtual functions, and waiting for who does */
	LIMIT_LINKS_MS = 10 * 1000, /* until they can be seen, and their interfaces */
	LIMIT_VF_MS = 2 * 1000, /* waiting for a card to set, and to show, what is set */
	LIMIT_VF_POLL_MS = 50,

	LIMIT_BOOT_MS = 60 * 1000, /* at boot, for cards and their drivers */
	LIMIT_BOOT_POLL_MS = 200,
	LIMIT_PASSING_MS = 15 * 1000, /* waiting for a holder that is just going */
	LIMIT_PASSING_POLL_MS = 100,
	LIMIT_FREE_MS = 60 * 1000, /* a command of the policy that frees a device */
	LIMIT_FREE_LINES = 20,	   /* of what it prints */
	LIMIT_SWEEP_MS = 3 * 1000, /* the sweep's patience with another run */
	LIMIT_START_S = 300,  /* a start that a pre-start or a stop announced has come */
	LIMIT_REBOOT_S = 900, /* a reboot that was asked for has come about */

	LIMIT_RESERVE_S =
		120, /* seconds that Proxmox gives a machine with devices to start */
	LIMIT_RESERVE_TRIES = 3, /* choices, when others reserve meanwhile */
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/child.h"
#include "base/opener.h"
#include "base/say.h"
#include "host/claim.h"
#include "host/device.h"
#include "host/holding.h"

/* A device file of a function, to be looked for among what processes have open. */
struct use_node {
	struct node node;
	struct bdf bdf;
	enum grade grade; /* if somebody has it open */
	bool is_vf;	  /* it is of a virtual function of @bdf */
	struct bdf vf;
};

enum { NETDEV_NAME = 64 }; /* more than IFNAMSIZ: the kernel may come to allow more */

/* A network interface of a function, or one on top of it: what leads over it? */
struct use_interface {
	char name[NETDEV_NAME], own[NETDEV_NAME]; /* @own: the function's, below it */
	unsigned index;
	bool beside;	/* on the same Open vSwitch, perhaps not on @own */
	struct bdf bdf; /* in whose name */
	bool is_vf;	/* it is of a virtual function of that one */
	struct bdf vf;
};

/*
 * A look at who of the host uses functions. Each kind of use is a file use-*.c of its own
 * that adds holdings, and nodes and interfaces for the one look at all processes, and the
 * one at the host's network, at the end.
 */
struct use {
	const struct root *root;
	struct child *looker; /* answers looks that may block; NULL: the caller may */
	struct holdings *holdings;
	uint32_t vmid;		   /* the machine that starts; 0: none */
	const struct claim *claim; /* what other machines hold */
	size_t claims;
	/* What is read once for all functions, when the first needs it; owned. */
	char *mounts, *swaps;  /* mountinfo and swaps */
	char *switches;	       /* as switch_look() does */
	struct use_node *node; /* owned */
	size_t nodes;
	struct use_node *disk; /* owned; what a loop device may stand on */
	size_t disks;
	size_t first_open;		 /* the first holding of use_openers */
	struct use_interface *interface; /* owned */
	size_t interfaces;
	/* The function that is looked at now, and in whose name: its own or its PF's. */
	const struct device *device;
	struct bdf bdf;
	unsigned blocks;	     /* disks and partitions found on it so far */
	char (*netdev)[NETDEV_NAME]; /* owned; its network interfaces */
	size_t netdevs;
};

/*
 * Adds what uses @device, which is on a driver of the host, on a vfio driver, or on none.
 * A use that could not be looked for is an error: nothing is given away on a guess.
 */
int use_look(struct use *use, const struct device *device, struct err *err) _must_check_;
/*
 * After all devices: what is asked once for all of them. What stands on their disks
 * unseen, what of the host's network leads over their interfaces, who has one of their
 * device files open.
 */
int use_look_once(struct use *use, struct err *err) _must_check_;
/* The first of that alone. */
int use_backings(struct use *use, struct err *err) _must_check_;
void use_free(struct use *use);

/* --- for the kinds of use */

/* A holding of the function that is looked at; -ENOMEM makes the look fail. */
struct holding *use_add(struct use *use, enum grade grade, struct err *err);
/* As child_call, of the looker, or here and now if there is none. */
int use_ask(struct use *use, const struct child_request *request, int timeout_ms,
	    struct child_reply *ret) _must_check_;
/* @number: "259:3", or NULL if it is not known. */
int use_add_node(struct use *use, enum grade grade, const char *path, const char *number,
		 struct err *err) _must_check_;

/* It is of the function that is looked at, or on top of its interface @own. */
int use_add_interface(struct use *use, const struct use_interface *interface,
		      struct err *err) _must_check_;
/* Reads @switches, if nobody has. */
int use_switches(struct use *use, struct err *err) _must_check_;
/* What was found of @vf is in the way of its physical function, whatever it is. */
void use_through_vf(struct holding *h, const struct bdf *vf, const struct bdf *pf);

/* A network interface of the function. */
int use_add_netdev(struct use *use, const char *name, struct err *err) _must_check_;

/* The disk @name with folder @path, and its partitions. */
int use_disk(struct use *use, const char *path, const char *name,
	     struct err *err) _must_check_;
/* What is on the disk or partition @disk, which nobody uses; @number as above. */
int use_label(struct use *use, const char *disk, const char *number,
	      struct err *err) _must_check_;
/* A loop device or the NVMe target may stand on it; @number as above. */
int use_add_disk(struct use *use, const char *path, const char *number,
		 struct err *err) _must_check_;
int use_network(struct use *use, struct err *err) _must_check_;
int use_openers(struct use *use, struct err *err) _must_check_;
/* Everything below the function in sysfs: disks, network interfaces, and files of classes
 * that have some. */
int use_tree(struct use *use, struct err *err) _must_check_;
/* Whatever its class: an accelerator or a Thunderbolt host may have interfaces, too. */
int use_net(struct use *use, struct err *err) _must_check_;
/* @tty may be one of the host's consoles. */
int use_console(struct use *use, const char *tty, struct err *err) _must_check_;
int use_memory(struct use *use, struct err *err) _must_check_;
int use_screen(struct use *use, struct err *err) _must_check_;
int use_vfio(struct use *use, struct err *err) _must_check_;
int use_vfs(struct use *use, struct err *err) _must_check_;
int use_mdevs(struct use *use, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/child.h"
#include "base/limits.h"
#include "base/uuid.h"

/* A mediated device as the kernel shows it. */
struct mdev_seen {
	bool there;
	bool going;  /* removed, but whoever has it open keeps it: all that is known */
	bool cleans; /* its driver removes it by itself when its user ends */
	char type[LIMIT_NAME]; /* empty: it has no mdev_type yet */
	char parent[LIMIT_NAME];
	int group; /* IOMMU group of its own, -1: none yet */
};

/*
 * Looks at @uuid by links alone, which takes no lock. One that is being removed is known
 * by the folder that its parent still has (device_del: the bus' link goes first), so
 * @parent, a name of /sys/class/mdev_bus, says where to look; "": not known.
 */
void mdev_read(const struct root *root, const char *parent, const char *uuid,
	       struct mdev_seen *ret);

/* As one line, which LOOK_MDEV answers, and back; "" for one that is not there. */
void mdev_seen_format(const struct mdev_seen *seen, char *buf, size_t size);
void mdev_seen_parse(const char *text, struct mdev_seen *ret);

/* Its IOMMU group, -1: none. */
int mdev_group(const struct root *root, const char *uuid);

/* A type that a parent offers. */
struct mdev_type {
	char id[LIMIT_NAME];   /* its folder: "nvidia-63" */
	char name[LIMIT_NAME]; /* "GRID P40-1Q"; empty: it has none */
	char description[256];
	int available; /* -1: not known. A hint: types compete, and others create */
	int made;
};

/* Reads through @looker, as a driver may lock. -ENOENT: no such type; -ETIMEDOUT. */
int mdev_type_read(const struct root *root, struct child *looker, const char *parent,
		   const char *id, struct mdev_type *ret) _must_check_;

/* Calls @each with every type's id that is a name; stops at non-zero. -ENOENT: it offers
 * none. */
typedef int mdev_type_entry(void *context, const char *id);
int mdev_type_each(const struct root *root, const char *parent, mdev_type_entry *each,
		   void *context) _must_check_;

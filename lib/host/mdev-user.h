/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/child.h"
#include "base/limits.h"
#include "base/uuid.h"

/* Who has a mediated device open. */
struct mdev_user {
	char node[LIMIT_NAME]; /* "/dev/vfio/101"; empty: nobody */
	char who[96];	       /* "pid 12 (kvm)", or "somebody" */
};

/* Asks @looker. -errno: it cannot be told, and then nobody is known. */
int mdev_user_find(const struct root *root, struct child *looker, const struct uuid *uuid,
		   struct mdev_user *ret) _must_check_;

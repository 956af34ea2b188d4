/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"
#include "base/uuid.h"
#include "spec/key.h"

/* A mediated device as mdevctl(8) has it defined: /etc/mdevctl.d/PARENT/UUID. */
struct mdev_definition {
	struct uuid uuid;
	char parent[LIMIT_NAME];
	char type[LIMIT_NAME];
	struct text_list attributes; /* NAME=VALUE, in their order */
};

#define MDEVCTL_FOLDER "/etc/mdevctl.d"

/* The caller frees *@ret. -ENOENT: no parent has it; -EINVAL: it cannot be used. */
int mdevctl_load(const struct root *root, const struct uuid *uuid,
		 struct mdev_definition **ret, struct err *err) _must_check_;

/* {"mdev_type":TYPE,"start":WORD,"attrs":[{NAME:VALUE},...]}, into all but the names. */
int mdevctl_parse(const char *text, const char *file, struct mdev_definition *ret,
		  struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/look.h"
#include "plan/step.h"

/* The only code that changes a host; it runs in a lane's child. */
enum act_op {
	ACT_WRITE = _LOOK_MAX, /* one write(2) of the value to an attribute of /sys */
	ACT_AWAKE,	       /* the same, as step_write has it */
	ACT_MODULE,	       /* load the module that the value names, with libkmod */
	ACT_VF, /* the value, a vf_change, of the virtual function that the path names */
	ACT_NVME, /* the same of one of an NVMe controller's: nvme-set.h */
};

/* Answers acts, and looks too. */
void act_handle(const struct root *root, const struct child_request *request,
		struct child_reply *reply);

void act_request(struct child_request *request, const struct step_write *write);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"

/*
 * The virtual functions of an NVMe controller are its secondary controllers: they work
 * when they have queues (VQ resources, of which the admin queue is one) and interrupts
 * (VI) and are online (NVM Express Base Specification 2.0, Virtualization Enhancements).
 */
enum nvme_resource {
	NVME_QUEUES,
	NVME_INTERRUPTS,
	_NVME_RESOURCE_MAX,
};

/* "online:2:1": what one is, or is to be. */
struct nvme_state {
	bool online;
	unsigned has[_NVME_RESOURCE_MAX];
};

enum { NVME_STATE = 32 };
#define NVME_TEXT(state) nvme_state_format((state), (char[NVME_STATE]){0})
const char *nvme_state_format(const struct nvme_state *state,
			      char buf[static NVME_STATE]);
/* -EINVAL: @text is none. */
int nvme_state_parse(const char *text, struct nvme_state *ret) _must_check_;
bool nvme_state_equal(const struct nvme_state *a, const struct nvme_state *b);

/* With each function's part of what there is for all; -1: each has its own of that. */
struct nvme_offer {
	struct nvme_state state;
	int share[_NVME_RESOURCE_MAX];
	int most[_NVME_RESOURCE_MAX]; /* that one can have; -1: not known */
};

/* "offline:0:0 2/8 1", "-" for -1. */
enum { NVME_OFFER = 80 };
const char *nvme_offer_format(const struct nvme_offer *offer,
			      char buf[static NVME_OFFER]);
int nvme_offer_parse(const char *text, struct nvme_offer *ret) _must_check_;

/* It has the least that a controller needs to be online. */
bool nvme_works(const struct nvme_state *state,
		const int share[static _NVME_RESOURCE_MAX]);

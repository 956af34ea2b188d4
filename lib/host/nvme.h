/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/root.h"
#include "host/nvme-state.h"

/*
 * The controller of a physical function, which is asked and told of the virtual ones by
 * its driver's device, /dev/nvmeN: Identify and Virtualization Management (NVM Express
 * Base Specification 2.0, 5.17 and 5.28). All of it may block: only a child does it.
 */

/*
 * The look LOOK_NVME of a virtual function, or of a physical one that is still to have
 * it: @request is "INDEX", or "INDEX COUNT" if there are to be so many. "": the
 * physical one is not on nvme. -EOPNOTSUPP: its controller has no such management;
 * -ENODATA: it does not know the function.
 */
int nvme_look(const struct root *root, const char *path, const char *request, char *buf,
	      size_t size);

struct nvme {
	int fd;
};

/* Opens that of @path: of a virtual function, or of its physical one. */
int nvme_open(const struct root *root, const char *path, struct nvme *ret) _must_check_;
void nvme_close(struct nvme *nvme);
/* Secondary controller of function @index: its number and state; -ENODATA. */
int nvme_find(const struct nvme *nvme, unsigned index, uint16_t *ret_id,
	      struct nvme_state *ret) _must_check_;

enum nvme_action { /* of the command */
		   NVME_OFFLINE = 7,
		   NVME_ASSIGN = 8,
		   NVME_ONLINE = 9,
};

/* -errno, also for what the controller answers. */
int nvme_manage(const struct nvme *nvme, uint16_t id, enum nvme_action action,
		enum nvme_resource resource, unsigned n) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/key.h"

/* What the policy says of one virtual function. */
struct sriov_vf {
	unsigned index;
	struct wish wish;
};

/* An entry of sriov = ( { pf = ...; vfs = ...; }, ... ) in hostpci.conf. */
struct sriov {
	struct wish wish;    /* pf is set; settings in it are for all virtual functions */
	struct sriov_vf *vf; /* owned; vf = ( { index = 0; ... }, ... ) */
	unsigned vfs;
	char file[128];
	unsigned line;
};

struct sriov_list {
	struct sriov *item; /* owned */
	unsigned n;
};

/* A new entry, zeroed, at the end; NULL: out of memory. */
struct sriov *sriov_add(struct sriov_list *list);
/* The same of a function's settings. */
struct sriov_vf *sriov_add_vf(struct sriov *sriov);
/* Drops an earlier entry for what the last one names: a node's own wins. */
void sriov_drop_earlier(struct sriov_list *list);
void sriov_free(struct sriov_list *list);

/* @own, the wish of a machine's device, and what it leaves to the entry (NULL: there is
 * none) of which the device is function @index; made in @room, which is large, if it has
 * to be. */
const struct wish *sriov_complete(const struct sriov *sriov, unsigned index,
				  const struct wish *own, struct wish *room);

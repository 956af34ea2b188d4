/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/address.h"
#include "spec/pf-name.h"

/* An entry of drivers = ( { device = ...; driver = ...; }, ... ) in hostpci.conf: what
 * devices are to have at boot, while no machine has them. */
struct declared {
	struct pf_name name;
	char device[80]; /* @name as it was written, for messages */
	char driver[LIMIT_NAME];
	struct address_list allow; /* that may be taken although the gate asks */
	char file[128];
	unsigned line;
};

struct declared_list {
	struct declared *item; /* owned; of those that fit a device the last one counts */
	unsigned n;
};

/* A new entry, zeroed, at the end; NULL: out of memory. */
struct declared *declared_add(struct declared_list *list);
/* Takes entry @i out. */
void declared_drop(struct declared_list *list, unsigned i);
void declared_free(struct declared_list *list);

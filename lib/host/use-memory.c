/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory on a CXL device is the host's through nothing that a process would have open. */
#include <errno.h>

#include "host/use.h"

int use_memory(struct use *use, struct err *err)
{
	struct holding *h = use_add(use, GRADE_ASK, err);

	if (!h)
		return -ENOMEM;
	SAY(h->why,
	    "is CXL memory, on driver %s: the host may use it as RAM or as a disk",
	    use->device->driver);
	SAY(h->cure,
	    "look with cxl list -M -R and daxctl list; daxctl offline-memory, cxl "
	    "disable-region and cxl disable-memdev take it off");
	return 0;
}

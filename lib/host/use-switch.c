/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open vSwitch, whose interfaces show no link to the cards that are its ports. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "host/look.h"
#include "host/use.h"

int use_switches(struct use *use, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	if (use->switches)
		return 0;
	look_request(&request, LOOK_SWITCH, "%s", "");
	r = use_ask(use, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r == -ENOSPC)
		return err_set(err, E2BIG,
			       "%s is a port of Open vSwitch, which has more than %d "
			       "interfaces of the host",
			       BDF(&use->bdf), LIMIT_NETDEVS - 1);
	if (r < 0)
		return err_set(err, -r,
			       "cannot tell what interfaces Open vSwitch has: %s",
			       strerror(-r));
	use->switches = strdup(reply.value);
	return use->switches ? 0 : err_set(err, ENOMEM, "out of memory");
}

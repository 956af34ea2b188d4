/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices and the NVMe target: the kernel uses a disk for them without a claim. */
#include <errno.h>
#include <string.h>

#include "host/backing-look.h"
#include "host/look.h"
#include "host/use.h"

/* Once for all functions. */
static int read_backings(struct use *use, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	if (use->backings)
		return 0;
	look_request(&request, LOOK_BACKINGS, "%s", "");
	r = use_ask(use, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r,
			       "cannot tell what loop devices and the NVMe target use: "
			       "%s",
			       strerror(-r));
	use->backings = strdup(reply.value);
	return use->backings ? 0 : err_set(err, ENOMEM, "out of memory");
}

int use_backing(struct use *use, const char *name, const char *number, struct err *err)
{
	int r = read_backings(use, err);
	char path[96], who[80];
	struct holding *h;

	SAY(path, "/dev/%s", name);
	if (r < 0 || !backing_find(use->backings, path, number, who, sizeof(who)))
		return r;
	h = use_add(use, GRADE_NEVER, err);
	if (!h)
		return -ENOMEM;
	SAY(h->what, "%s", path);
	SAY(h->who, "%s", who);
	if (!strncmp(who, "/dev/", 5)) {
		SAY(h->why, "is what %s stands on", who);
		SAY(h->cure, "unmount what is on it, then losetup -d %s", who);
	} else {
		SAY(h->why, "is given to other hosts by the NVMe target, as %s", who);
		SAY(h->cure,
		    "nvmetcli, or echo 0 > enable in "
		    "/sys/kernel/config/nvmet/subsystems/%s",
		    who);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices and the NVMe target: the kernel uses a disk for them without a claim. */
#include <errno.h>
#include <string.h>

#include "host/backing-look.h"
#include "host/look.h"
#include "host/open-look.h"
#include "host/use.h"

static int add(struct use *use, const struct use_node *disk, const char *who,
	       struct err *err)
{
	struct holding *h;

	use->bdf = disk->bdf;
	h = use_add(use, GRADE_NEVER, err);
	if (!h)
		return -ENOMEM;
	SAY(h->what, "%s", disk->node.path);
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
	if (disk->is_vf)
		use_through_vf(h, &disk->vf, &disk->bdf);
	return 0;
}

/* As many from @first on as a request holds; how many were looked for, or -errno. */
static ssize_t look(struct use *use, size_t first, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	const char *text = reply.value;
	size_t n = 0, at = 0, index;
	char who[80];
	int r;

	look_request(&request, LOOK_BACKINGS, "%s", "");
	for (; first + n < use->disks && n < LIMIT_NODES; n++) {
		at = open_look_line(&use->disk[first + n].node, request.value,
				    sizeof(request.value), at);
		if (!at)
			break;
	}
	r = use_ask(use, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r,
			       "cannot tell what loop devices and the NVMe target use: "
			       "%s",
			       strerror(-r));
	while (r == 0 && backing_look_next(&text, &index, who, sizeof(who)))
		if (index < n)
			r = add(use, &use->disk[first + index], who, err);
	return r < 0 ? r : (ssize_t)n;
}

int use_backings(struct use *use, struct err *err)
{
	ssize_t n;

	for (size_t i = 0; i < use->disks; i += (size_t)n) {
		n = look(use, i, err);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

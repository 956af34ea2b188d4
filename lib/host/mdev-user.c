/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mdev-user.h"

#include "base/opener.h"
#include "host/look.h"

int mdev_user_find(const struct root *root, struct child *looker, const struct uuid *uuid,
		   struct mdev_user *ret)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	*ret = (struct mdev_user){0};
	look_request(&request, LOOK_MDEV_BUSY, "/sys/bus/mdev/devices/%s", uuid->text);
	r = child_call(looker, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r < 0 || !reply.value[0])
		return r < 0 ? r : 0;
	(void)snprintf(ret->node, sizeof(ret->node), "%.*s", LIMIT_NAME - 1, reply.value);
	(void)opener_first(root, reply.value, ret->who, sizeof(ret->who));
	if (!ret->who[0])
		(void)snprintf(ret->who, sizeof(ret->who), "somebody");
	return 0;
}

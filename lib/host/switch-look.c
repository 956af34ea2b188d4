/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/switch-look.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/netlink.h"

/* kernel, net/openvswitch/vport-internal_dev.c */
static const char own_kind[] = "openvswitch";

struct list {
	char *buf;
	size_t size, at;
	int r;
};

bool switch_lists(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (; *text; text += *text == '\n') {
		if (!strncmp(text, name, n) && text[n] == '\n')
			return true;
		text += strcspn(text, "\n");
	}
	return false;
}

static bool is_own(const struct nlmsghdr *m)
{
	size_t size;
	const void *info =
		netlink_find(m, sizeof(struct ifinfomsg), IFLA_LINKINFO, 0, &size);
	const void *kind =
		info ? netlink_find_in(info, size, IFLA_INFO_KIND, sizeof(own_kind), NULL)
		     : NULL;

	return kind && !memcmp(kind, own_kind, sizeof(own_kind));
}

static void take_link(void *context, const struct nlmsghdr *m)
{
	struct list *list = context;
	const char *name;
	char text[64];
	size_t size;
	int n;

	if (m->nlmsg_type != RTM_NEWLINK ||
	    m->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)) || !is_own(m))
		return;
	name = netlink_find(m, sizeof(struct ifinfomsg), IFLA_IFNAME, 1, &size);
	if (!name || size > sizeof(text))
		return;
	(void)snprintf(text, sizeof(text), "%.*s", (int)size, name);
	/* A dump that was disturbed begins again. */
	if (switch_lists(list->buf, text))
		return;
	n = snprintf(list->buf + list->at, list->size - list->at, "%s\n", text);
	if (n < 0 || (size_t)n >= list->size - list->at)
		list->r = -ENOSPC;
	else
		list->at += (size_t)n;
}

int switch_look(const struct root *root, char *buf, size_t size)
{
	struct list list = {.buf = buf, .size = size};
	struct netlink netlink;
	struct nlattr *nest;
	int r;

	buf[0] = '\0';
	r = netlink_open(root, &netlink);
	if (r < 0)
		return root->moved && r == -ENOENT ? 0 : r;
	/* As `ip link show type openvswitch` asks; without the module all come. */
	(void)netlink_begin(&netlink, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	nest = netlink_nest(&netlink, IFLA_LINKINFO);
	netlink_put(&netlink, IFLA_INFO_KIND, own_kind, sizeof(own_kind));
	netlink_end(&netlink, nest);
	r = netlink_run(&netlink, take_link, &list);
	netlink_close(&netlink);
	return r < 0 ? r : list.r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/net-look.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/fileio.h"
#include "base/limits.h"
#include "base/netlink.h"
#include "base/number.h"
#include "base/say.h"

enum kind {
	KIND_DEFAULT,
	KIND_SESSION,
	KIND_ADDRESS,
	KIND_ROUTE,
	KIND_FILTER,
	_KIND_MAX,
};

static const char *const kind_words[_KIND_MAX] = {"default", "session", "address",
						  "route", "filter"};

/* What leads over one interface. */
struct link {
	unsigned index;
	bool has[_KIND_MAX];
	char text[_KIND_MAX][64];
};

struct net {
	const struct root *root;
	struct link link[LIMIT_NETDEVS];
	size_t n;
	uint32_t hop[LIMIT_NETDEVS]; /* next hops of default routes, by their numbers */
	size_t hops;
	bool too_many; /* of them */
	char *tcp[2]; /* owned; /proc/self/net/tcp and tcp6, if somebody asked for them */
	bool has_tcp;
};

static struct link *find(struct net *net, unsigned index)
{
	for (size_t i = 0; i < net->n; i++)
		if (net->link[i].index == index)
			return &net->link[i];
	return NULL;
}

static void set(struct link *link, enum kind kind, const char *text)
{
	if (!link || link->has[kind])
		return;
	link->has[kind] = true;
	SAY(link->text[kind], "%s", text);
}

static size_t address_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

static const char *address_text(int family, const void *address, char *buf, size_t size)
{
	if (!address || !inet_ntop(family, address, buf, (socklen_t)size))
		buf[0] = '\0';
	return buf;
}

/* Not before an address asks for them: the kernel goes through all its tables. */
static void read_connections(struct net *net)
{
	static const char *const files[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};

	/* A host with very many connections, or without IPv6: the routes tell enough. */
	for (size_t i = 0; !net->has_tcp && i < ARRAY_SIZE(files); i++)
		if (file_read(net->root, files[i], LIMIT_CONFIG * 4, &net->tcp[i], NULL) <
		    0)
			net->tcp[i] = NULL;
	net->has_tcp = true;
}

/*
 * Established connections to this host's own @address: sshd, and Proxmox's web interface.
 * Lines of /proc/net/tcp are "N: LOCAL:PORT REMOTE:PORT STATE ...", addresses as words of
 * the processor's byte order in hexadecimal; IPv4 may be mapped into IPv6.
 */
static void find_session(struct net *net, struct link *link, int family,
			 const void *address)
{
	static const char *const ports[] = {":0016 ", ":1F46 "}; /* 22, 8006 */
	uint32_t word[4];
	char want[64];

	read_connections(net);
	memcpy(word, address, address_size(family));
	for (int i = 0; i < 2; i++) {
		if (family == AF_INET6 && i == 0)
			continue;
		if (family == AF_INET6)
			SAY(want, " %08X%08X%08X%08X", word[0], word[1], word[2],
			    word[3]);
		else
			SAY(want, " %s%08X", i ? "0000000000000000FFFF0000" : "",
			    word[0]);
		for (const char *at = net->tcp[i]; at && (at = strstr(at, want)); at++) {
			const char *port = at + strlen(want);
			const char *state = strchr(port + 1, ' ');

			state = state ? strchr(state + 1, ' ') : NULL;
			if (state && !strncmp(state, " 01 ", 4) &&
			    (!strncmp(port, ports[0], 6) || !strncmp(port, ports[1], 6)))
				set(link, KIND_SESSION,
				    port[1] == '0' ? "ssh" : "web interface");
		}
	}
}

static void take_address(struct net *net, const struct nlmsghdr *m)
{
	const struct ifaddrmsg *a = netlink_payload(m);
	struct link *link = find(net, a->ifa_index);
	char text[INET6_ADDRSTRLEN];
	const void *address;

	if (!link || (a->ifa_family != AF_INET && a->ifa_family != AF_INET6))
		return;
	address =
		netlink_find(m, sizeof(*a), IFA_LOCAL, address_size(a->ifa_family), NULL);
	if (!address) /* IPv6 has no other end */
		address = netlink_find(m, sizeof(*a), IFA_ADDRESS,
				       address_size(a->ifa_family), NULL);
	if (!address)
		return;
	find_session(net, link, a->ifa_family, address);
	/* Every interface that is up has a link-local address. */
	if (a->ifa_scope < RT_SCOPE_LINK)
		set(link, KIND_ADDRESS,
		    address_text(a->ifa_family, address, text, sizeof(text)));
}

static void take_hop(struct net *net, const struct rtmsg *route, unsigned index,
		     const char *gateway)
{
	struct link *link = find(net, index);

	if (route->rtm_dst_len == 0)
		set(link, KIND_DEFAULT, gateway);
	else if (route->rtm_protocol != RTPROT_KERNEL && route->rtm_scope < RT_SCOPE_LINK)
		set(link, KIND_ROUTE, gateway);
}

/* The hops of a route that has several. */
static void take_hops(struct net *net, const struct rtmsg *route,
		      const struct rtnexthop *hop, size_t room)
{
	while (room >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
	       hop->rtnh_len <= room) {
		size_t step = RTA_ALIGN((size_t)hop->rtnh_len); /* to 4, as RTNH_ALIGN */

		take_hop(net, route, (unsigned)hop->rtnh_ifindex, "");
		if (step >= room)
			break;
		room -= step;
		hop = (const struct rtnexthop *)((const char *)hop + step);
	}
}

static bool is_default_hop(const struct net *net, uint32_t id)
{
	for (size_t i = 0; i < net->hops; i++)
		if (net->hop[i] == id)
			return true;
	return false;
}

static void add_default_hop(struct net *net, uint32_t id)
{
	if (is_default_hop(net, id))
		return;
	if (net->hops < LIMIT_NETDEVS)
		net->hop[net->hops++] = id;
	else
		net->too_many = true;
}

/* A next hop that is an object of its own: an interface, or a group of others. */
static void take_next_hop(struct net *net, const struct nlmsghdr *m)
{
	size_t header = sizeof(struct nhmsg), room;
	const uint32_t *id = netlink_find(m, header, NHA_ID, sizeof(*id), NULL);
	const uint32_t *oif = netlink_find(m, header, NHA_OIF, sizeof(*oif), NULL);
	const struct nexthop_grp *of =
		netlink_find(m, header, NHA_GROUP, sizeof(*of), &room);

	if (!id || !is_default_hop(net, *id))
		return;
	for (size_t i = 0; of && i < room / sizeof(*of); i++)
		add_default_hop(net, of[i].id);
	if (oif)
		set(find(net, *oif), KIND_DEFAULT, "");
}

static void take_route(struct net *net, const struct nlmsghdr *m)
{
	const struct rtmsg *route = netlink_payload(m);
	const void *index, *hops, *gateway;
	const uint32_t *hop;
	char text[INET6_ADDRSTRLEN];
	uint32_t oif;
	size_t room;

	/* The kernel's own table holds the host's addresses and broadcasts. */
	if (route->rtm_type != RTN_UNICAST || route->rtm_table == RT_TABLE_LOCAL)
		return;
	hops = netlink_find(m, sizeof(*route), RTA_MULTIPATH, sizeof(struct rtnexthop),
			    &room);
	if (hops)
		take_hops(net, route, hops, room);
	index = netlink_find(m, sizeof(*route), RTA_OIF, sizeof(oif), NULL);
	hop = netlink_find(m, sizeof(*route), RTA_NH_ID, sizeof(*hop), NULL);
	/* Without net.ipv4.nexthop_compat_mode its number is all that is shown of it. */
	if (!index && !hops && hop && !route->rtm_dst_len)
		add_default_hop(net, *hop);
	if (!index)
		return;
	memcpy(&oif, index, sizeof(oif));
	gateway = netlink_find(m, sizeof(*route), RTA_GATEWAY,
			       address_size(route->rtm_family), NULL);
	take_hop(net, route, oif,
		 address_text(route->rtm_family, gateway, text, sizeof(text)));
}

/* A unicast address that the card lets in and that is not its own: somebody is on it. */
static void take_filter(struct net *net, const struct nlmsghdr *m)
{
	const struct ndmsg *n = netlink_payload(m);
	const unsigned char *a = netlink_find(m, sizeof(*n), NDA_LLADDR, 6, NULL);
	char text[sizeof("02:00:00:00:00:00")];

	if (!a || a[0] & 1 || !(n->ndm_flags & NTF_SELF))
		return;
	SAY(text, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
	set(find(net, (unsigned)n->ndm_ifindex), KIND_FILTER, text);
}

static void take_message(void *context, const struct nlmsghdr *m)
{
	if (m->nlmsg_type == RTM_NEWADDR &&
	    m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
		take_address(context, m);
	else if (m->nlmsg_type == RTM_NEWROUTE &&
		 m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)))
		take_route(context, m);
	else if (m->nlmsg_type == RTM_NEWNEXTHOP &&
		 m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nhmsg)))
		take_next_hop(context, m);
	else if (m->nlmsg_type == RTM_NEWNEIGH &&
		 m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ndmsg)))
		take_filter(context, m);
}

static int dump(struct net *net, struct netlink *netlink, uint16_t type)
{
	/* Its first member is the family, as ifaddrmsg's: all of them. */
	(void)netlink_begin(netlink, type, NLM_F_DUMP, sizeof(struct rtmsg));
	return netlink_run(netlink, take_message, net);
}

/* Of groups within a default route the members are known after the first time. */
static int dump_next_hops(struct net *net, struct netlink *netlink)
{
	size_t before = 0;
	int r = 0;

	while (r == 0 && before < net->hops) {
		before = net->hops;
		(void)netlink_begin(netlink, RTM_GETNEXTHOP, NLM_F_DUMP,
				    sizeof(struct nhmsg));
		r = netlink_run(netlink, take_message, net);
	}
	return r == 0 && net->too_many ? -E2BIG : r;
}

/* As `bridge fdb show dev` asks (kernel, net/core/rtnetlink.c, rtnl_fdb_dump). */
static int dump_filters(struct net *net, struct netlink *netlink)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < net->n; i++) {
		struct ifinfomsg *about =
			netlink_begin(netlink, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*about));

		about->ifi_family = AF_BRIDGE;
		about->ifi_index = (int)net->link[i].index;
		r = netlink_run(netlink, take_message, net);
	}
	return r;
}

static int answer(const struct net *net, char *buf, size_t size)
{
	size_t at = 0;

	for (int kind = 0; kind < _KIND_MAX; kind++) {
		for (size_t i = 0; i < net->n; i++) {
			const struct link *l = &net->link[i];
			int n = !l->has[kind] ? 0
					      : snprintf(buf + at, size - at,
							 "%s %u %s\n", kind_words[kind],
							 l->index, l->text[kind]);

			if (n < 0 || (size_t)n >= size - at)
				return -ENOSPC;
			at += (size_t)n;
		}
	}
	return 0;
}

int net_look(const struct root *root, const char *request, char *buf, size_t size)
{
	static struct net net;
	struct netlink netlink;
	int r;

	buf[0] = '\0';
	net = (struct net){.root = root};
	for (; *request && net.n < LIMIT_NETDEVS; request += *request == '\n') {
		char digits[16];
		uint64_t index;

		SAY(digits, "%.*s", (int)strcspn(request, "\n"), request);
		request += strcspn(request, "\n");
		if (number_parse(digits, UINT32_MAX, &index) == 0)
			net.link[net.n++].index = (unsigned)index;
	}
	if (!net.n)
		return 0;
	r = netlink_open(root, &netlink);
	if (r < 0)
		return root->moved && r == -ENOENT ? 0 : r;
	r = dump(&net, &netlink, RTM_GETADDR);
	if (r == 0)
		r = dump(&net, &netlink, RTM_GETROUTE);
	if (r == 0)
		r = dump_next_hops(&net, &netlink);
	if (r == 0)
		r = dump_filters(&net, &netlink);
	netlink_close(&netlink);
	if (r == 0)
		r = answer(&net, buf, size);
	free(net.tcp[0]);
	free(net.tcp[1]);
	return r;
}

bool net_look_next(const char **text, struct net_line *ret)
{
	const char *at = *text, *end = strchr(at, '\n'), *blank = strchr(at, ' ');
	const char *next = blank ? strchr(blank + 1, ' ') : NULL;
	char digits[16];
	uint64_t index;

	if (!end || !next || next > end)
		return false;
	SAY(digits, "%.*s", (int)(next - blank - 1), blank + 1);
	if (number_parse(digits, UINT32_MAX, &index) < 0)
		return false;
	SAY(ret->kind, "%.*s", (int)(blank - at), at);
	ret->index = (unsigned)index;
	SAY(ret->text, "%.*s", (int)(end - next - 1), next + 1);
	*text = end + 1;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peer of the programs' rtnetlink: connecting to the socket /run/netlink of the fake
 * root leads here. Of a physical function whose interface has its number in `ifindex` it
 * tells what the file sys/netlink/ADDRESS of the fake root says ("up 1", "permanent
 * MAC"), and of its virtual functions what theirs say; what is set is a write to
 * .../VF/netlink/SETTING, for the rules and the log as well (answers-vf.c). Lines of
 * /run/netlink itself are what else the host has: "link INDEX NAME KIND", and
 * "default INDEX GATEWAY".
 */
#include "host.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int client = -1, peer = -1; /* the program's end, and ours */

struct answer {
	_Alignas(struct nlmsghdr) char data[16384];
	size_t size;
};

static struct nlmsghdr *begin(struct answer *a, const struct nlmsghdr *request,
			      uint16_t type, size_t size)
{
	struct nlmsghdr *m = (struct nlmsghdr *)a->data;

	memset(a, 0, sizeof(*a));
	m->nlmsg_type = type;
	m->nlmsg_seq = request->nlmsg_seq;
	a->size = NLMSG_SPACE(size);
	return m;
}

static struct nlattr *put(struct answer *a, uint16_t type, const void *data, size_t size)
{
	struct nlattr *at = (struct nlattr *)(a->data + a->size);

	at->nla_type = type;
	at->nla_len = (uint16_t)(NLA_HDRLEN + size);
	if (size)
		memcpy((char *)at + NLA_HDRLEN, data, size);
	a->size += NLA_ALIGN(at->nla_len);
	return at;
}

static void end_nest(struct answer *a, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)(a->data + a->size - (char *)nest);
}

static void reply(struct answer *a)
{
	((struct nlmsghdr *)a->data)->nlmsg_len = (uint32_t)a->size;
	(void)!write(peer, a->data, a->size);
}

static void reply_error(const struct nlmsghdr *request, int error)
{
	struct answer a;
	struct nlmsgerr *e =
		NLMSG_DATA(begin(&a, request, NLMSG_ERROR, sizeof(struct nlmsgerr)));

	e->error = -error;
	e->msg = *request;
	reply(&a);
}

/* The first attribute @type of @size bytes of them. */
static const struct nlattr *find_attribute(const void *from, size_t size, uint16_t type)
{
	const char *at = from, *end = at + size;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const struct nlattr *)at;

		if (a->nla_len < NLA_HDRLEN || at + a->nla_len > end)
			return NULL;
		if (!type || (a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static const void *payload(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static size_t payload_size(const struct nlattr *a)
{
	return (size_t)(a->nla_len - NLA_HDRLEN);
}

/* The physical function with the interface of this number; its name into @netdev. */
static bool find_pf(int ifindex, struct device *ret, char netdev[static 64])
{
	DIR *dir = opendir(below("sys/netlink").s);
	char text[32];
	struct dirent *e, *n;
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		DIR *net;

		if (e->d_name[0] == '.' || !find(e->d_name, ret))
			continue;
		net = opendir(of(ret, "net").s);
		while (net && !found && (n = readdir(net))) {
			char name[300];

			(void)snprintf(name, sizeof(name), "net/%s/ifindex", n->d_name);
			read_text(of(ret, name), text, sizeof(text));
			found = n->d_name[0] != '.' && atoi(text) == ifindex;
			if (found)
				(void)snprintf(netdev, 64, "%.63s", n->d_name);
		}
		if (net)
			closedir(net);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool find_vf(const struct device *pf, unsigned index, struct device *ret)
{
	char name[32], address[64];

	(void)snprintf(name, sizeof(name), "virtfn%u", index);
	read_link(of(pf, name), address, sizeof(address));
	return address[0] && find(address, ret);
}

static void read_mac(const char *text, uint8_t mac[static 6])
{
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)strtoul(text + i * 3, NULL, 16);
}

static uint32_t number(const char *address, const char *key)
{
	char value[64];

	return (uint32_t)strtoul(vf_value(address, key, value), NULL, 10);
}

/* "on", "off"; anything else is what a driver does not tell. */
static uint32_t switch_of(const char *address, const char *key)
{
	char value[64];

	(void)vf_value(address, key, value);
	return !strcmp(value, "on") ? 1 : !strcmp(value, "off") ? 0 : UINT32_MAX;
}

static void put_vf(struct answer *a, const struct device *vf, unsigned index)
{
	const char *address = vf->address;
	struct ifla_vf_mac mac = {.vf = index};
	struct ifla_vf_rate rate = {index, number(address, "min-rate"),
				    number(address, "max-rate")};
	struct ifla_vf_spoofchk spoof = {index, switch_of(address, "spoof-check")};
	struct ifla_vf_link_state link = {index, 0};
	struct ifla_vf_trust trust = {index, switch_of(address, "trust")};
	struct ifla_vf_vlan_info vlan = {.vf = index};
	struct nlattr *info = put(a, IFLA_VF_INFO, NULL, 0), *list;
	char value[64];

	read_mac(vf_value(address, "mac", value), mac.mac);
	(void)vf_value(address, "vlan", value);
	vlan.vlan = (uint32_t)strtoul(value, NULL, 10);
	vlan.qos = (uint32_t)strtoul(strchr(value, ':') + 1, NULL, 10);
	vlan.vlan_proto = htons(strstr(value, "ad") ? ETH_P_8021AD : ETH_P_8021Q);
	put(a, IFLA_VF_MAC, &mac, sizeof(mac));
	put(a, IFLA_VF_RATE, &rate, sizeof(rate));
	put(a, IFLA_VF_SPOOFCHK, &spoof, sizeof(spoof));
	put(a, IFLA_VF_LINK_STATE, &link, sizeof(link));
	put(a, IFLA_VF_TRUST, &trust, sizeof(trust));
	list = put(a, IFLA_VF_VLAN_LIST, NULL, 0);
	put(a, IFLA_VF_VLAN_INFO, &vlan, sizeof(vlan));
	end_nest(a, list);
	end_nest(a, info);
}

/* rtnl_fill_ifinfo, as far as anybody looks. */
static void answer_getlink(const struct nlmsghdr *request)
{
	const struct ifinfomsg *asked = NLMSG_DATA(request);
	struct ifinfomsg *link;
	struct device pf, vf;
	struct answer a;
	struct nlattr *list;
	char netdev[64], value[64];
	uint32_t n = 0;
	uint8_t mac[6];

	if (!find_pf(asked->ifi_index, &pf, netdev)) {
		reply_error(request, ENODEV);
		return;
	}
	link = NLMSG_DATA(begin(&a, request, RTM_NEWLINK, sizeof(*link)));
	link->ifi_index = asked->ifi_index;
	link->ifi_flags = number(pf.address, "up") ? IFF_UP : 0;
	put(&a, IFLA_IFNAME, netdev, strlen(netdev) + 1);
	if (vf_value(pf.address, "permanent", value)[0]) {
		read_mac(value, mac);
		put(&a, IFLA_PERM_ADDRESS, mac, sizeof(mac));
	}
	while (find_vf(&pf, n, &vf))
		n++;
	put(&a, IFLA_NUM_VF, &n, sizeof(n));
	list = put(&a, IFLA_VFINFO_LIST, NULL, 0);
	for (uint32_t i = 0; i < n && find_vf(&pf, i, &vf); i++)
		put_vf(&a, &vf, i);
	end_nest(&a, list);
	reply(&a);
	reply_error(request, 0);
}

/* Of what is set of a virtual function: its number, name and value in words. */
static bool parse_change(const struct nlattr *at, struct sim_write *write, char *name,
			 uint32_t *vf)
{
	const struct ifla_vf_spoofchk *two = payload(at);
	const struct ifla_vf_rate *rate = payload(at);
	const struct ifla_vf_mac *mac = payload(at);
	const struct ifla_vf_vlan_info *vlan;
	static const char *const links[] = {"auto", "enable", "disable"};

	*vf = two->vf; /* all begin with it, but for the list */
	switch (at->nla_type & NLA_TYPE_MASK) {
	case IFLA_VF_MAC:
		(void)strcpy(name, "mac");
		(void)snprintf(write->value, 64, "%02x:%02x:%02x:%02x:%02x:%02x",
			       mac->mac[0], mac->mac[1], mac->mac[2], mac->mac[3],
			       mac->mac[4], mac->mac[5]);
		return true;
	case IFLA_VF_VLAN_LIST:
		vlan = payload(
			find_attribute(payload(at), payload_size(at), IFLA_VF_VLAN_INFO));
		*vf = vlan->vf;
		(void)strcpy(name, "vlan");
		(void)snprintf(write->value, 64, "%u:%u:%s", vlan->vlan, vlan->qos,
			       vlan->vlan_proto == htons(ETH_P_8021AD) ? "802.1ad"
								       : "802.1Q");
		return true;
	case IFLA_VF_RATE:
		(void)strcpy(name, "rate");
		(void)snprintf(write->value, 64, "%u:%u", rate->min_tx_rate,
			       rate->max_tx_rate);
		return true;
	case IFLA_VF_SPOOFCHK:
	case IFLA_VF_TRUST:
		(void)strcpy(name,
			     at->nla_type == IFLA_VF_TRUST ? "trust" : "spoof-check");
		(void)snprintf(write->value, 64, "%s", two->setting ? "on" : "off");
		return true;
	case IFLA_VF_LINK_STATE:
		(void)strcpy(name, "link-state");
		(void)snprintf(write->value, 64, "%s", links[two->setting % 3]);
		return true;
	default:
		return false;
	}
}

/* do_setvfinfo(): one attribute at a time is what the programs send. */
static int answer_setlink(const struct nlmsghdr *request)
{
	const struct ifinfomsg *asked = NLMSG_DATA(request);
	const char *from = (const char *)asked + NLMSG_ALIGN(sizeof(*asked));
	const struct nlattr *at = find_attribute(
		from, (size_t)((const char *)request + request->nlmsg_len - from),
		IFLA_VFINFO_LIST);
	char netdev[64], name[32], path[PATH_MAX];
	struct sim_write change = {.path = path};
	struct device pf, vf;
	uint32_t index;

	if (!find_pf(asked->ifi_index, &pf, netdev))
		return ENODEV;
	at = at ? find_attribute(payload(at), payload_size(at), IFLA_VF_INFO) : NULL;
	at = at ? find_attribute(payload(at), payload_size(at), 0) : NULL;
	if (!at || !parse_change(at, &change, name, &index) || !find_vf(&pf, index, &vf))
		return EINVAL;
	(void)snprintf(path, sizeof(path), "%s/netlink/%s", vf.folder.s, name);
	change.path = path + strlen(sim.root);
	return sim_store(&change);
}

/* rtnl_dump_ifinfo, of interfaces of a kind; fib_table_dump, of routes: as in the lab. */
static void put_line(const struct nlmsghdr *request, const char *line)
{
	char name[16], text[64];
	struct answer a;
	unsigned index;

	if (request->nlmsg_type == RTM_GETLINK &&
	    sscanf(line, "link %u %15s %63s", &index, name, text) == 3) {
		struct ifinfomsg *link =
			NLMSG_DATA(begin(&a, request, RTM_NEWLINK, sizeof(*link)));
		struct nlattr *info;

		link->ifi_index = (int)index;
		put(&a, IFLA_IFNAME, name, strlen(name) + 1);
		info = put(&a, IFLA_LINKINFO, NULL, 0);
		put(&a, IFLA_INFO_KIND, text, strlen(text) + 1);
		end_nest(&a, info);
		reply(&a);
	} else if (request->nlmsg_type == RTM_GETROUTE &&
		   sscanf(line, "default %u %63s", &index, text) == 2) {
		struct rtmsg *route =
			NLMSG_DATA(begin(&a, request, RTM_NEWROUTE, sizeof(*route)));
		struct in_addr gateway;

		*route = (struct rtmsg){.rtm_family = AF_INET,
					.rtm_table = RT_TABLE_MAIN,
					.rtm_type = RTN_UNICAST};
		(void)inet_pton(AF_INET, text, &gateway);
		put(&a, RTA_GATEWAY, &gateway, sizeof(gateway));
		put(&a, RTA_OIF, &index, sizeof(index));
		reply(&a);
	}
}

/* Of addresses and neighbours there are none. */
static void answer_dump(const struct nlmsghdr *request)
{
	FILE *f = fopen(below("run/netlink").s, "re");
	struct answer a;
	char line[160];

	while (f && fgets(line, sizeof(line), f))
		put_line(request, line);
	if (f)
		fclose(f);
	(void)begin(&a, request, NLMSG_DONE, sizeof(int));
	reply(&a);
}

static void take(const struct nlmsghdr *request)
{
	if ((request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
		answer_dump(request);
	} else if (request->nlmsg_type == RTM_GETLINK) {
		answer_getlink(request);
	} else if (request->nlmsg_type == RTM_SETLINK) {
		reply_error(request, answer_setlink(request));
	} else {
		reply_error(request, EOPNOTSUPP);
	}
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)address;
	static int (*real)(int, const struct sockaddr *, socklen_t);
	char at[PATH_MAX] = "", want[PATH_MAX];
	int pair[2];

	if (address->sa_family == AF_UNIX && sim.folder[0] && !sim.real)
		(void)!readlink(un->sun_path, at, sizeof(at) - 1);
	(void)snprintf(want, sizeof(want), "%srun/netlink", sim.root);
	if (strcmp(at, want) != 0) {
		*(void **)&real = dlsym(RTLD_NEXT, "connect");
		return real(fd, address, size);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	if (peer >= 0)
		close(peer);
	(void)dup3(pair[0], fd, O_CLOEXEC);
	close(pair[0]);
	client = fd;
	peer = pair[1];
	return 0;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);

	if (fd == client && peer >= 0) {
		take(data);
		return (ssize_t)size;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "send");
	return real(fd, data, size, flags);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/vf-set.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/clock.h"
#include "base/mac.h"
#include "base/words.h"
#include "host/vf-state.h"

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10); /* its form is checked */
}

static void put_mac(struct netlink *netlink, const struct vf_change *change)
{
	struct ifla_vf_mac mac = {.vf = change->index};
	struct mac address = {0};

	(void)!mac_parse(change->value, &address);
	memcpy(mac.mac, &address, sizeof(address));
	netlink_put(netlink, IFLA_VF_MAC, &mac, sizeof(mac));
}

static void put_vlan(struct netlink *netlink, const struct vf_change *change)
{
	const char *qos = strchr(change->value, ':') + 1;
	bool is_ad = !strcmp(strchr(qos, ':') + 1, "802.1ad");
	struct ifla_vf_vlan_info info = {
		.vf = change->index,
		.vlan = number(change->value),
		.qos = number(qos),
		.vlan_proto = htons(is_ad ? ETH_P_8021AD : ETH_P_8021Q),
	};
	struct nlattr *nest = netlink_nest(netlink, IFLA_VF_VLAN_LIST);

	netlink_put(netlink, IFLA_VF_VLAN_INFO, &info, sizeof(info));
	netlink_end(netlink, nest);
}

/* Both are set at once: the other one stays as it is. */
static void put_rates(struct netlink *netlink, const struct vf_change *change,
		      const struct vf_state *now)
{
	bool is_min = change->setting == VF_MIN_RATE;
	const char *min = is_min ? change->value : now->value[VF_MIN_RATE];
	const char *max = is_min ? now->value[VF_MAX_RATE] : change->value;
	struct ifla_vf_rate rate = {change->index, number(min), number(max)};

	netlink_put(netlink, IFLA_VF_RATE, &rate, sizeof(rate));
}

static void put_switch(struct netlink *netlink, uint16_t type,
		       const struct vf_change *change, uint32_t value)
{
	/* spoofchk, trust and link_state have the same form. */
	struct ifla_vf_spoofchk s = {change->index, value};

	netlink_put(netlink, type, &s, sizeof(s));
}

static void put(struct netlink *netlink, const struct vf_change *change,
		const struct vf_state *now)
{
	switch (change->setting) {
	case VF_MAC:
		put_mac(netlink, change);
		return;
	case VF_VLAN:
		put_vlan(netlink, change);
		return;
	case VF_SPOOF_CHECK:
		put_switch(netlink, IFLA_VF_SPOOFCHK, change,
			   !strcmp(change->value, "on"));
		return;
	case VF_TRUST:
		put_switch(netlink, IFLA_VF_TRUST, change, !strcmp(change->value, "on"));
		return;
	case VF_MAX_RATE:
	case VF_MIN_RATE:
		put_rates(netlink, change, now);
		return;
	case VF_LINK_STATE:
		put_switch(netlink, IFLA_VF_LINK_STATE, change,
			   (uint32_t)words_find(vf_link_state_words, VF_LINK_STATES,
						change->value));
		return;
	case _VF_SETTING_MAX:
		return;
	}
}

static int set(struct netlink *netlink, const struct vf_change *change,
	       const struct vf_state *now)
{
	struct ifinfomsg *link =
		netlink_begin(netlink, RTM_SETLINK, NLM_F_ACK, sizeof(*link));
	struct nlattr *list, *info;

	link->ifi_index = (int)now->ifindex;
	list = netlink_nest(netlink, IFLA_VFINFO_LIST);
	info = netlink_nest(netlink, IFLA_VF_INFO);
	put(netlink, change, now);
	netlink_end(netlink, info);
	netlink_end(netlink, list);
	return netlink_run(netlink, NULL, NULL);
}

/* A card says so while it resets the function (i40e EAGAIN, ice EBUSY). */
static int set_patiently(struct netlink *netlink, const struct vf_change *change,
			 const struct vf_state *now)
{
	int64_t end = clock_ms() + LIMIT_VF_MS;
	int r;

	while ((r = set(netlink, change, now)) == -EAGAIN || r == -EBUSY) {
		if (clock_ms() >= end)
			break;
		clock_sleep_ms(LIMIT_VF_POLL_MS);
	}
	return r;
}

static void await_effect(const struct root *root, struct netlink *netlink,
			 const char *address, const struct vf_change *change)
{
	int64_t end = clock_ms() + LIMIT_VF_MS;
	struct vf_state now;

	while (vf_read(root, netlink, address, change->index, &now) == 0 &&
	       strcmp(now.value[change->setting], change->value) != 0 && clock_ms() < end)
		clock_sleep_ms(LIMIT_VF_POLL_MS);
}

int vf_set(const struct root *root, const char *path, const char *text)
{
	static const struct mac none;
	const char *address = strrchr(path, '/') + 1;
	struct netlink netlink;
	struct vf_change change;
	struct vf_state now;
	int r = vf_change_parse(text, &change);

	if (r == 0)
		r = netlink_open(root, &netlink);
	if (r < 0)
		return r;
	r = vf_read(root, &netlink, address, change.index, &now);
	if (r == 0)
		r = set_patiently(&netlink, &change, &now);
	if (r == -EINVAL && !strcmp(change.value, MAC(&none))) {
		(void)strcpy(change.value, VF_OTHER_NO_MAC);
		r = set_patiently(&netlink, &change, &now);
	}
	if (r == 0)
		await_effect(root, &netlink, address, &change);
	netlink_close(&netlink);
	return r;
}

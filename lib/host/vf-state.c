/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vf-state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/mac.h"
#include "base/netlink.h"
#include "base/number.h"
#include "base/say.h"
#include "base/words.h"
#include "host/device.h"
#include "host/sysfs.h"

const char *const vf_setting_words[_VF_SETTING_MAX] = {
	[VF_MAC] = "mac",
	[VF_VLAN] = "vlan",
	[VF_SPOOF_CHECK] = "spoof-check",
	[VF_TRUST] = "trust",
	[VF_MAX_RATE] = "max-rate",
	[VF_MIN_RATE] = "min-rate",
	[VF_LINK_STATE] = "link-state",
};

/* IFLA_VF_LINK_STATE_AUTO, _ENABLE, _DISABLE */
const char *const vf_link_state_words[VF_LINK_STATES] = {"auto", "enable", "disable"};

enum { VFS_MAX = 65535 };

int vf_index(const struct root *root, const struct bdf *bdf)
{
	char name[32], at[LIMIT_NAME];

	for (unsigned i = 0; i < VFS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "physfn/virtfn%u", i);
		if (sysfs_link(root, DEVICE_ATTR(bdf, name), at, sizeof(at)) < 0 ||
		    !at[0])
			return -1;
		if (!strcmp(at, BDF(bdf)))
			return (int)i;
	}
	return -1;
}

struct asked {
	unsigned index;
	bool found;
	struct vf_state *state;
};

static void take_vlan(const void *info, size_t size, struct vf_state *s)
{
	const struct ifla_vf_vlan *plain =
		netlink_find_in(info, size, IFLA_VF_VLAN, sizeof(*plain), NULL);
	const struct ifla_vf_vlan_info *full;
	size_t nest_size;
	const void *nest = netlink_find_in(info, size, IFLA_VF_VLAN_LIST, 0, &nest_size);

	full = !nest ? NULL
		     : netlink_find_in(nest, nest_size, IFLA_VF_VLAN_INFO, sizeof(*full),
				       NULL);
	if (full)
		SAY(s->value[VF_VLAN], "%u:%u:%s", full->vlan, full->qos,
		    full->vlan_proto == htons(ETH_P_8021AD) ? "802.1ad" : "802.1Q");
	else if (plain)
		SAY(s->value[VF_VLAN], "%u:%u:802.1Q", plain->vlan, plain->qos);
}

/* All ones: the driver does not say (rtnl_fill_vfinfo). */
static void take_switch(const void *info, size_t size, uint16_t type, char *value)
{
	const struct ifla_vf_spoofchk *s =
		netlink_find_in(info, size, type, sizeof(*s), NULL);

	if (s && s->setting != UINT32_MAX)
		say(value, VF_VALUE, "%s", s->setting ? "on" : "off");
}

static bool take_info(void *context, const void *info, size_t size)
{
	struct asked *asked = context;
	struct vf_state *s = asked->state;
	const struct ifla_vf_mac *mac =
		netlink_find_in(info, size, IFLA_VF_MAC, sizeof(*mac), NULL);
	const struct ifla_vf_rate *rate =
		netlink_find_in(info, size, IFLA_VF_RATE, sizeof(*rate), NULL);
	const struct ifla_vf_link_state *link =
		netlink_find_in(info, size, IFLA_VF_LINK_STATE, sizeof(*link), NULL);
	struct mac address;

	if (!mac || mac->vf != asked->index)
		return false;
	asked->found = true;
	memcpy(&address, mac->mac, sizeof(address));
	(void)mac_format(&address, s->value[VF_MAC]);
	take_vlan(info, size, s);
	take_switch(info, size, IFLA_VF_SPOOFCHK, s->value[VF_SPOOF_CHECK]);
	take_switch(info, size, IFLA_VF_TRUST, s->value[VF_TRUST]);
	if (rate) {
		SAY(s->value[VF_MIN_RATE], "%u", rate->min_tx_rate);
		SAY(s->value[VF_MAX_RATE], "%u", rate->max_tx_rate);
	}
	if (link && link->link_state < ARRAY_SIZE(vf_link_state_words))
		SAY(s->value[VF_LINK_STATE], "%s", vf_link_state_words[link->link_state]);
	return true;
}

static void take_link(void *context, const struct nlmsghdr *m)
{
	const struct ifinfomsg *link = netlink_payload(m);
	struct asked *asked = context;
	struct vf_state *s = asked->state;
	const void *name, *permanent, *list;
	size_t size;
	struct mac mac;

	if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return;
	s->up = link->ifi_flags & IFF_UP;
	name = netlink_find(m, sizeof(*link), IFLA_IFNAME, 1, &size);
	SAY(s->netdev, "%.*s", name ? (int)size : 0, name ? (const char *)name : "");
	permanent = netlink_find(m, sizeof(*link), IFLA_PERM_ADDRESS, 1, &size);
	if (permanent && size == sizeof(mac)) {
		memcpy(&mac, permanent, sizeof(mac));
		(void)mac_format(&mac, s->permanent);
	}
	list = netlink_find(m, sizeof(*link), IFLA_VFINFO_LIST, 1, &size);
	if (list)
		netlink_for_each(list, size, IFLA_VF_INFO, take_info, asked);
}

struct reader {
	const struct root *root;
	struct netlink *netlink;
	char folder[DEVICE_PATH]; /* of the physical function's interfaces */
	bool any;
	struct asked asked;
};

/* A card may have several interfaces: one of them tells of virtual functions. */
static int each_netdev(void *context, const char *name)
{
	struct reader *r = context;
	const uint32_t mask = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS;
	char path[DEVICE_PATH + LIMIT_NAME];
	struct ifinfomsg *link;
	int ret;

	(void)snprintf(path, sizeof(path), "%s/%s/ifindex", r->folder, name);
	*r->asked.state = (struct vf_state){
		.index = r->asked.index,
		.ifindex = sysfs_number(r->root, path, 0),
	};
	if (!r->asked.state->ifindex)
		return 0;
	r->any = true;
	link = netlink_begin(r->netlink, RTM_GETLINK, NLM_F_ACK, sizeof(*link));
	link->ifi_index = (int)r->asked.state->ifindex;
	netlink_put(r->netlink, IFLA_EXT_MASK, &mask, sizeof(mask));
	ret = netlink_run(r->netlink, take_link, &r->asked);
	if (ret == -ENODEV) /* gone meanwhile */
		return 0;
	return ret < 0 ? ret : r->asked.found;
}

int vf_read(const struct root *root, struct netlink *netlink, const char *address,
	    unsigned index, struct vf_state *ret)
{
	struct reader reader = {root, netlink, "", false, {index, false, ret}};
	char physical[DEVICE_PATH];
	int r;

	(void)snprintf(physical, sizeof(physical), "bus/pci/devices/%.32s/physfn",
		       address);
	(void)snprintf(reader.folder, sizeof(reader.folder),
		       "bus/pci/devices/%.32s%s/net", address,
		       sysfs_exists(root, physical) ? "/physfn" : "");
	r = sysfs_each(root, reader.folder, SYSFS_FOLDERS, each_netdev, &reader);
	if (r < 0)
		return r;
	if (!reader.any)
		return -ENOENT;
	return r ? 0 : -ENODATA;
}

static bool valid_vlan(const char *value)
{
	char text[VF_VALUE], *save = NULL, *vlan, *qos, *protocol;
	uint64_t n;

	SAY(text, "%s", value);
	vlan = strtok_r(text, ":", &save);
	qos = strtok_r(NULL, ":", &save);
	protocol = strtok_r(NULL, ":", &save);
	return protocol && number_parse(vlan, 4094, &n) == 0 &&
	       number_parse(qos, 7, &n) == 0 &&
	       (!strcmp(protocol, "802.1Q") || !strcmp(protocol, "802.1ad"));
}

static bool valid_value(enum vf_setting setting, const char *value)
{
	struct mac mac;
	uint64_t n;

	switch (setting) {
	case VF_MAC:
		return mac_parse(value, &mac) == 0;
	case VF_VLAN:
		return valid_vlan(value);
	case VF_SPOOF_CHECK:
	case VF_TRUST:
		return !strcmp(value, "on") || !strcmp(value, "off");
	case VF_MAX_RATE:
	case VF_MIN_RATE:
		return number_parse(value, UINT32_MAX, &n) == 0;
	case VF_LINK_STATE:
		return words_find(vf_link_state_words, ARRAY_SIZE(vf_link_state_words),
				  value) >= 0;
	case _VF_SETTING_MAX:
		break;
	}
	return false;
}

/* "3 mac", and what follows. */
static const char *parse_head(const char *text, struct vf_change *ret)
{
	size_t digits = strcspn(text, " "), letters;
	char number[16], word[16];
	const char *name = text + digits + (text[digits] == ' ');
	uint64_t index;
	int setting;

	letters = strcspn(name, " ");
	SAY(number, "%.*s", (int)digits, text);
	SAY(word, "%.*s", (int)letters, name);
	setting = words_find(vf_setting_words, _VF_SETTING_MAX, word);
	if (number_parse(number, VFS_MAX, &index) < 0 || setting < 0)
		return NULL;
	ret->index = (unsigned)index;
	ret->setting = (enum vf_setting)setting;
	return name + letters + (name[letters] == ' ');
}

int vf_change_parse(const char *text, struct vf_change *ret)
{
	struct vf_change change;
	const char *value = parse_head(text, &change);

	if (!value || strlen(value) >= sizeof(change.value) ||
	    !valid_value(change.setting, value))
		return -EINVAL;
	SAY(change.value, "%s", value);
	*ret = change;
	return 0;
}

/* "INDEX up|down NETDEV PERMANENT VALUE...", "-" for what is not known. */
static void state_text(const struct vf_state *s, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%u %s %s %s", s->index,
				     s->up ? "up" : "down", s->netdev,
				     s->permanent[0] ? s->permanent : "-");

	for (int i = 0; i < _VF_SETTING_MAX && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, " %s",
				       s->value[i][0] ? s->value[i] : "-");
}

/* The next word of @text, "" for "-"; false: there is none, or it is too long. */
static bool next_word(const char **text, char *buf, size_t size)
{
	size_t n = strcspn(*text, " ");

	if (!n || n >= size)
		return false;
	say(buf, size, "%.*s", (int)n, *text);
	if (!strcmp(buf, "-"))
		buf[0] = '\0';
	*text += n + ((*text)[n] == ' ');
	return true;
}

int vf_state_parse(const char *text, struct vf_state *ret)
{
	struct vf_state s = {0};
	char number[16], up[8];
	uint64_t index;
	bool ok = next_word(&text, number, sizeof(number)) &&
		  number_parse(number, VFS_MAX, &index) == 0 &&
		  next_word(&text, up, sizeof(up)) &&
		  next_word(&text, s.netdev, sizeof(s.netdev)) &&
		  next_word(&text, s.permanent, sizeof(s.permanent));

	for (int i = 0; ok && i < _VF_SETTING_MAX; i++)
		ok = next_word(&text, s.value[i], sizeof(s.value[i]));
	if (!ok)
		return -EBADMSG;
	s.index = (unsigned)index;
	s.up = !strcmp(up, "up");
	*ret = s;
	return 0;
}

int vf_look(const struct root *root, const char *path, const char *request, char *buf,
	    size_t size)
{
	bool all = !strchr(request, ' ');
	struct vf_change asked = {0};
	struct netlink netlink;
	struct vf_state state;
	uint64_t index;
	const char *value;
	int r;

	if (all && number_parse(request, VFS_MAX, &index) == 0)
		asked.index = (unsigned)index;
	else if (all || !parse_head(request, &asked))
		return -EINVAL;
	r = netlink_open(root, &netlink);
	if (r < 0)
		return r;
	r = vf_read(root, &netlink, strrchr(path, '/') + 1, asked.index, &state);
	netlink_close(&netlink);
	if (r < 0 && !(r == -ENODATA && all))
		return r;
	value = state.value[asked.setting];
	if (all)
		state_text(&state, buf, size);
	else
		(void)snprintf(buf, size, "%s%s%s", value[0] ? value : "-",
			       state.up ? "" : " down ", state.up ? "" : state.netdev);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/limits.h"
#include "base/netlink.h"

/*
 * What a network card's physical function has set for one of its virtual ones, as
 * rtnetlink tells and takes it. Values are texts of one form each: "02:00:00:00:00:01",
 * "100:0:802.1Q" (VLAN, priority, protocol), "on" and "off", Mbit/s, and "auto", "enable"
 * and "disable".
 */
enum vf_setting {
	VF_MAC,
	VF_VLAN,
	VF_SPOOF_CHECK,
	VF_TRUST,
	VF_MAX_RATE,
	VF_MIN_RATE,
	VF_LINK_STATE,
	_VF_SETTING_MAX,
};

extern const char *const vf_setting_words[_VF_SETTING_MAX];

enum { VF_LINK_STATES = 3 };
extern const char *const vf_link_state_words[VF_LINK_STATES];

enum { VF_VALUE = 24 };
#define VF_OTHER_NO_MAC "02:00:00:00:00:00"

struct vf_state {
	unsigned index;	    /* the virtual function's, from 0 */
	bool up;	    /* the physical one's interface is */
	unsigned ifindex;   /* of that; not told by a look */
	char netdev[16];    /* its name, for messages */
	char permanent[18]; /* its address from the factory; empty: not known */
	char value[_VF_SETTING_MAX][VF_VALUE]; /* empty: the driver does not tell */
};

/* A virtual function's number among those of its physical one; -1: it is none. */
int vf_index(const struct root *root, const struct bdf *bdf);

/*
 * Asks for virtual function @index of @address: it is that function, or its physical one.
 * -ENOENT: the physical one has no interface; -ENODATA: its driver tells nothing of the
 * function, which perhaps is not there yet; what is of the physical one is in @ret.
 */
int vf_read(const struct root *root, struct netlink *netlink, const char *address,
	    unsigned index, struct vf_state *ret) _must_check_;

/* "3 mac 02:00:00:00:00:01": what a step sets. */
struct vf_change {
	unsigned index;
	enum vf_setting setting;
	char value[VF_VALUE];
};

/* -EINVAL: it is not that, or the value has not the setting's form. */
int vf_change_parse(const char *text, struct vf_change *ret) _must_check_;

/*
 * The look LOOK_VF: all of a state if @request is "3", for vf_state_parse, and without
 * values if nothing is known of the function; for "3 mac" its value, "-" if the driver
 * does not tell, and " down eth0" if the interface is down.
 */
int vf_look(const struct root *root, const char *path, const char *request, char *buf,
	    size_t size);
int vf_state_parse(const char *text, struct vf_state *ret) _must_check_;

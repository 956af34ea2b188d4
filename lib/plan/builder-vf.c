/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What policy sets of a virtual function. */
#include <errno.h>
#include <string.h>

#include "base/mac.h"
#include "host/vf-mac.h"
#include "plan/builder.h"
#include "plan/step-vf.h"

struct vf {
	struct builder *b;
	const struct fact *fact;
	const struct wish *wish;
	const struct settings *now;
};

/* @code EINVAL: the policy is wrong, whatever the host is like. */
static int refuse(const struct vf *vf, int code, const char *key, const char *why)
{
	return err_set(vf->b->err, code, "hostpci%d %s: %s: %s", vf->fact->slot,
		       BDF(&vf->fact->device.bdf), key, why);
}

/* One that is still to be made has no values yet, and this plan is only shown. */
static int add(const struct vf *vf, enum step_kind kind, const char *name,
	       const char *found, const char *want)
{
	char before[LIMIT_NAME] = "", after[LIMIT_NAME];

	if (!vf->now->vf_coming)
		(void)snprintf(before, sizeof(before), "%d %s %s", vf->now->vf, name,
			       found);
	(void)snprintf(after, sizeof(after), "%d %s %s", vf->now->vf, name, want);
	return builder_add(vf->b, vf->fact, kind, STAGE_DRIVERS, before, after);
}

static int set(const struct vf *vf, enum vf_setting setting, const char *want)
{
	const char *name = vf_setting_words[setting];
	const char *found = vf->now->vf_state.value[setting];
	const char *unknown = "its card's driver does not tell what it is, so that it "
			      "can neither be checked nor taken back";

	/* An address that a driver of the host has is perhaps its own (step-vf.c). */
	if (!vf->now->vf_coming && !strcmp(found, want) &&
	    (setting != VF_MAC || vf->fact->device.on_vfio))
		return 0;
	if (found[0] || vf->now->vf_coming)
		return add(vf, STEP_VF, name, found, want);
	if (!step_vf_optional(setting, want))
		return refuse(vf, EOPNOTSUPP, name, unknown);
	notes_add(vf->b->notes, "hostpci%d %s: %s = %s: %s: it is left as it is",
		  vf->fact->slot, BDF(&vf->fact->device.bdf), name, want, unknown);
	return 0;
}

/* Of one card it is wrong; of two a guest may make one interface of both. */
static int check_mac(const struct vf *vf, const struct mac *mac)
{
	const struct fact *other = vf_mac_find(vf->b->spec, vf->b->facts, mac, vf->fact);
	char why[160];

	if (!other)
		return 0;
	(void)snprintf(why, sizeof(why),
		       "%s is the address of hostpci%d %s as well: write another for one "
		       "of them, or \"auto\"",
		       MAC(mac), other->slot, BDF(&other->device.bdf));
	if (!strcmp(other->settings.vf_state.netdev, vf->now->vf_state.netdev))
		return refuse(vf, EINVAL, "mac", why);
	notes_add(vf->b->notes,
		  "hostpci%d %s: mac: %s, unless they are one interface in the guest (a "
		  "bond)",
		  vf->fact->slot, BDF(&vf->fact->device.bdf), why);
	return 0;
}

static int set_mac(const struct vf *vf)
{
	struct mac mac, card;

	if (strcmp(vf->wish->mac, "auto") != 0) {
		if (mac_parse(vf->wish->mac, &mac) < 0)
			return -EINVAL;
		if (check_mac(vf, &mac) < 0)
			return -EINVAL;
	} else if (mac_parse(vf->now->vf_state.permanent, &card) < 0) {
		return refuse(vf, EOPNOTSUPP, "mac",
			      "its card has no address of its own from which one could "
			      "be derived: write one instead of auto");
	} else {
		mac = mac_derive(&card, (unsigned)vf->now->vf);
	}
	return set(vf, VF_MAC, MAC(&mac));
}

static int set_vlan(const struct vf *vf)
{
	const struct wish *w = vf->wish;
	char want[VF_VALUE];

	(void)snprintf(want, sizeof(want), "%d:%d:%s", w->vlan, w->vlan_qos,
		       wish_vlan_protocol_words[w->vlan_protocol]);
	return set(vf, VF_VLAN, want);
}

static int set_rate(const struct vf *vf, enum vf_setting setting, int rate)
{
	char want[VF_VALUE];

	(void)snprintf(want, sizeof(want), "%d", rate);
	return set(vf, setting, want);
}

static int set_all(const struct vf *vf)
{
	const struct wish *w = vf->wish;
	int r = 0;

	if (wish_has(w, KEY_MIN_RATE) && wish_has(w, KEY_MAX_RATE) && w->max_rate &&
	    w->min_rate > w->max_rate)
		return refuse(vf, EINVAL, "min-rate", "is more than max-rate");
	if (wish_has(w, KEY_MAC))
		r = set_mac(vf);
	if (r == 0 && (wish_has(w, KEY_VLAN) || wish_has(w, KEY_VLAN_QOS) ||
		       wish_has(w, KEY_VLAN_PROTOCOL)))
		r = set_vlan(vf);
	if (r == 0 && wish_has(w, KEY_SPOOF_CHECK))
		r = set(vf, VF_SPOOF_CHECK, w->spoof_check ? "on" : "off");
	if (r == 0 && wish_has(w, KEY_TRUST))
		r = set(vf, VF_TRUST, w->trust ? "on" : "off");
	if (r == 0 && wish_has(w, KEY_MAX_RATE))
		r = set_rate(vf, VF_MAX_RATE, w->max_rate);
	if (r == 0 && wish_has(w, KEY_MIN_RATE))
		r = set_rate(vf, VF_MIN_RATE, w->min_rate);
	if (r == 0 && wish_has(w, KEY_LINK_STATE))
		r = set(vf, VF_LINK_STATE, wish_link_state_words[w->link_state]);
	return r;
}

/* Words for why nothing is known; NULL: all is well. */
static const char *why_unknown(const struct settings *now)
{
	switch (now->vf_error) {
	case 0:
		return NULL;
	case ENOENT:
		return "its physical function has no network interface here: it is no "
		       "network card, has no driver, or a container has the interface";
	case ELIBACC:
		return "libmnl.so.0 cannot be loaded: install libmnl0";
	default:
		return strerror(now->vf_error);
	}
}

static int set_network(const struct vf *vf)
{
	const struct vf_state *state = &vf->now->vf_state;
	const char *why = why_unknown(vf->now);
	size_t before = vf->b->plan->steps;
	int r;

	if (why && vf->now->vf_error == ENOENT && !device_is_network(&vf->fact->device))
		return refuse(vf, EINVAL, "mac, vlan and the like",
			      "its physical function has no network interface here, as "
			      "it is no network card: take them out of the policy");
	if (why)
		return refuse(vf, EOPNOTSUPP,
			      "what the policy sets of a virtual function", why);
	r = set_all(vf);
	if (r < 0 || vf->b->plan->steps == before || state->up)
		return r;
	return err_set(vf->b->err, ENETDOWN,
		       "hostpci%d %s: its card's interface %s is down, and what is set "
		       "now can be lost when it comes up: ip link set %s up first, and "
		       "let /etc/network/interfaces do so at boot",
		       vf->fact->slot, BDF(&vf->fact->device.bdf), state->netdev,
		       state->netdev);
}

static int set_attributes(const struct vf *vf)
{
	const struct text_list *list = &vf->wish->vf_attributes;
	const char *text = list->text;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < list->n; i++, text += strlen(text) + 1) {
		const char *found = vf->now->vf_attribute[i];
		struct vf_attribute attribute;

		if (vf_attribute_parse(text, '=', &attribute) < 0)
			return -EINVAL;
		if (vf->now->vf_coming &&
		    facts_allots(vf->b->facts, vf->fact, attribute.name))
			continue;
		if (!found[0] && !vf->now->vf_coming)
			return refuse(vf, EINVAL, attribute.name,
				      "its physical function has no such file for it, "
				      "or nothing in it: correct vf-attributes");
		if (strcmp(found, attribute.value) != 0)
			r = add(vf, STEP_VF_ATTRIBUTE, attribute.name, found,
				attribute.value);
	}
	return r;
}

int builder_vf(struct builder *b, const struct fact *fact, const struct wish *wish)
{
	struct vf vf = {b, fact, wish, &fact->settings};
	bool network = wish_has_vf(wish);
	bool attributes = wish_has(wish, KEY_VF_ATTRIBUTES);
	int r = 0;

	if (!fact->wanted || fact->device.bridge || fact->device.locked ||
	    (!network && !attributes))
		return 0;
	if (vf.now->vf < 0)
		return refuse(&vf, EINVAL,
			      network ? "mac, vlan and the like" : "vf-attributes",
			      "it is no virtual function: take them out of the policy");
	if (network)
		r = set_network(&vf);
	return r == 0 && attributes ? set_attributes(&vf) : r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a network card's physical function sets for a virtual one, by rtnetlink. All of
 * it is lost with the function.
 */
#include "plan/step-vf.h"

#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "plan/attribute.h"
#include "plan/vf-text.h"

/* What a driver that refuses to forget an address takes instead, as libvirt does. */
static const char no_mac[] = "00:00:00:00:00:00", other_no_mac[] = VF_OTHER_NO_MAC;

static bool is(const char *seen, const char *value)
{
	size_t n = strcspn(seen, " ");

	return strlen(value) == n && !strncmp(seen, value, n);
}

static bool is_down(const char *seen)
{
	return strstr(seen, " down ");
}

static bool vf_valid(const struct step *step)
{
	struct vf_change found, want;

	return vf_change_parse(step->want, &want) == 0 &&
	       vf_change_parse(step->found, &found) == 0 && found.setting == want.setting;
}

static bool vf_write(const struct step *step, struct step_write *ret)
{
	const char *target = attribute_target(step);

	(void)snprintf(ret->path, sizeof(ret->path), "/sys/bus/pci/devices/%s",
		       BDF(&step->bdf));
	(void)snprintf(ret->value, sizeof(ret->value), "%s", target);
	ret->netlink = true;
	return target[0];
}

static void vf_look_at(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_VF, "/sys/bus/pci/devices/%s", BDF(&step->bdf));
	(void)vf_text_head(step->want, ret->value);
}

static bool is_mac(const struct step *step)
{
	return strstr(step->want, " mac ");
}

/*
 * A guest may change its own address. Where the card has been told none, and none of ours
 * any more, there is nothing to put back.
 */
static enum step_verdict vf_judge_undo(const struct step *step, const char *seen)
{
	const char *found = vf_text_value(step->found);

	if (is(seen, found))
		return STEP_REACHED;
	if (is_mac(step))
		return is(seen, no_mac) ||
				       (!strcmp(found, no_mac) && is(seen, other_no_mac))
			       ? STEP_REACHED
			       : STEP_GO;
	return is(seen, vf_text_value(step->want)) ? STEP_GO : STEP_FOREIGN;
}

static enum step_verdict vf_judge(const struct step *step, const char *seen, bool written)
{
	bool reached = is(seen, vf_text_value(step->want));

	if (step->direction == STEP_UNDO)
		return vf_judge_undo(step, seen);
	/* What is set while the interface is down may be gone when it comes up. */
	if (is_down(seen))
		return STEP_FOREIGN;
	/*
	 * An address that the function's driver has made up is forgotten when the
	 * function is reset (igb_vf_reset_event), even if it is the one that is wanted.
	 */
	if (is_mac(step))
		return written && reached ? STEP_REACHED : STEP_GO;
	if (reached)
		return STEP_REACHED;
	return is(seen, vf_text_value(step->found)) ? STEP_GO : STEP_FOREIGN;
}

/* The driver has taken its own address along: the card was told none. */
static void vf_learn(struct step *step, const char *seen)
{
	char name[LIMIT_NAME];

	if (is_mac(step) && is(seen, no_mac))
		(void)snprintf(step->found, sizeof(step->found), "%s %s",
			       vf_text_head(step->want, name), no_mac);
}

static void vf_explain(const struct step *step, const char *seen, char *buf, size_t size)
{
	const char *netdev = strrchr(seen, ' ');

	(void)step;
	if (is_down(seen))
		(void)snprintf(buf, size,
			       "its card's interface %s is down, and what is set now can "
			       "be lost when it comes up: ip link set %s up first, and "
			       "let /etc/network/interfaces do so at boot",
			       netdev + 1, netdev + 1);
	else
		(void)snprintf(buf, size,
			       "its card shows '%.*s' instead: its driver lost it, or "
			       "somebody else sets it as well",
			       (int)strcspn(seen, " "), seen);
}

bool step_vf_optional(enum vf_setting setting, const char *value)
{
	switch (setting) {
	case VF_MAC:
	case VF_VLAN:
	case _VF_SETTING_MAX:
		return false;
	case VF_SPOOF_CHECK:
		return strcmp(value, "on") != 0;
	case VF_LINK_STATE:
		return strcmp(value, "disable") != 0;
	case VF_TRUST:
	case VF_MAX_RATE:
	case VF_MIN_RATE:
		break;
	}
	return true;
}

/* What is no danger to anybody when the driver cannot do it. */
static bool vf_tolerates(const struct step *step, int code)
{
	struct vf_change want;

	if (vf_change_parse(step->want, &want) < 0)
		return false;
	return step_vf_optional(want.setting, want.value) &&
	       (code == EOPNOTSUPP || (want.setting == VF_MIN_RATE && code == EINVAL));
}

/* QEMU has it still: until it lets go, the guest stays in its VLAN. */
static bool vf_needs_idle(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_GROUP_BUSY, "/dev/vfio/%d", step->group);
	(void)bdf_format(&step->bdf, ret->value);
	return step->direction == STEP_UNDO;
}

/* A driver that takes the function asks the card for its address once. */
static bool vf_aside(const struct step *step)
{
	return !is_mac(step);
}

static void vf_describe(const struct step *step, char *buf, size_t size)
{
	const char *target =
		attribute_target(step)[0] ? attribute_target(step) : step->want;
	char name[LIMIT_NAME];

	(void)snprintf(buf, size, "set %s to %s",
		       strchr(vf_text_head(target, name), ' ') + 1,
		       vf_text_value(target));
}

const struct step_ops step_vf = {
	.name = "vf",
	.deadline_ms = 15000, /* the lock of all interfaces; a card that is in a reset */
	.aside = vf_aside,
	.needs_idle = vf_needs_idle,
	.learn = vf_learn,
	.tolerates = vf_tolerates,
	.valid = vf_valid,
	.write = vf_write,
	.look = vf_look_at,
	.judge = vf_judge,
	.explain = vf_explain,
	.describe = vf_describe,
};

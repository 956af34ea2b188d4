/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual function of an NVMe controller: its queues and interrupts, and whether it is
 * online, by a command to the controller of its physical function.
 */
#include "plan/step-nvme.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "host/look.h"
#include "plan/attribute.h"
#include "plan/vf-text.h"

int step_nvme_parse(const char *text, unsigned *ret_index, struct nvme_state *ret)
{
	size_t digits = strcspn(text, " ");
	char number[16], head[LIMIT_NAME];
	uint64_t index;

	(void)snprintf(number, sizeof(number), "%.*s", (int)digits, text);
	if (number_parse(number, UINT16_MAX, &index) < 0 ||
	    strcmp(vf_text_head(text, head) + digits, " nvme") != 0)
		return -EINVAL;
	*ret_index = (unsigned)index;
	return nvme_state_parse(vf_text_value(text), ret);
}

static bool nvme_valid(const struct step *step)
{
	struct nvme_state state;
	unsigned found, want;

	return step_nvme_parse(step->want, &want, &state) == 0 &&
	       step_nvme_parse(step->found, &found, &state) == 0 && found == want;
}

static bool nvme_write(const struct step *step, struct step_write *ret)
{
	const char *target = attribute_target(step);

	(void)snprintf(ret->path, sizeof(ret->path), "/sys/bus/pci/devices/%s",
		       BDF(&step->bdf));
	(void)snprintf(ret->value, sizeof(ret->value), "%s", target);
	ret->nvme = true;
	return target[0];
}

static void nvme_look_at(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_NVME, "/sys/bus/pci/devices/%s", BDF(&step->bdf));
	(void)snprintf(ret->value, sizeof(ret->value), "%.*s",
		       (int)strcspn(step->want, " "), step->want);
}

static bool is(const struct nvme_state *seen, const char *text)
{
	struct nvme_state state;
	unsigned index;

	return step_nvme_parse(text, &index, &state) == 0 &&
	       nvme_state_equal(seen, &state);
}

static enum step_verdict nvme_judge(const struct step *step, const char *seen,
				    bool written)
{
	const char *start = step->direction == STEP_DO ? step->found : step->want;
	struct nvme_offer now;

	(void)written;
	/* Without its driver the physical function's controller is off, and with it all.
	 */
	if (nvme_offer_parse(seen, &now) < 0)
		return step->direction == STEP_UNDO ? STEP_REACHED : STEP_FOREIGN;
	if (is(&now.state, attribute_target(step)))
		return STEP_REACHED;
	/* Ended in the middle it is offline, with a part of what it was to have. */
	if (step->direction == STEP_UNDO && !now.state.online)
		return STEP_GO;
	return is(&now.state, start) ? STEP_GO : STEP_FOREIGN;
}

static void nvme_explain(const struct step *step, const char *seen, char *buf,
			 size_t size)
{
	(void)step;
	if (!seen[0]) {
		(void)snprintf(
			buf, size,
			"its physical function is not on the driver nvme any more");
		return;
	}
	(void)snprintf(buf, size,
		       "its controller is %.*s (queues, interrupts) instead: it did not "
		       "take it, or somebody else manages it as well (nvme virt-mgmt)",
		       (int)strcspn(seen, " "), seen);
}

/* Offline, the guest that has it loses its disk. */
static bool nvme_needs_idle(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_GROUP_BUSY, "/dev/vfio/%d", step->group);
	(void)bdf_format(&step->bdf, ret->value);
	return true;
}

static void nvme_describe(const struct step *step, char *buf, size_t size)
{
	const char *target =
		attribute_target(step)[0] ? attribute_target(step) : step->want;
	struct nvme_state state = {0};
	unsigned index;

	(void)!step_nvme_parse(target, &index, &state);
	(void)snprintf(buf, size, "put its controller %s with %u queues, %u interrupts",
		       state.online ? "online" : "offline", state.has[NVME_QUEUES],
		       state.has[NVME_INTERRUPTS]);
}

const struct step_ops step_nvme = {
	.name = "nvme",
	.deadline_ms = 30000, /* a controller that is in a reset; its firmware */
	.needs_idle = nvme_needs_idle,
	.valid = nvme_valid,
	.write = nvme_write,
	.look = nvme_look_at,
	.judge = nvme_judge,
	.explain = nvme_explain,
	.describe = nvme_describe,
};

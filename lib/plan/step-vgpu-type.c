/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvidia/current_vgpu_type: from @found to @want, a number, or a name that the list of
 * types turns into one; it is shown only while there is no type. @want "0" frees the type
 * that somebody left behind; taken back, it gets that again if there still is room.
 */
#include "plan/step-vgpu-type.h"

#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "host/vgpu-look.h"

static bool frees(const struct step *step)
{
	return !strcmp(step->want, "0");
}

static bool vgpu_type_valid(const struct step *step)
{
	return step->want[0] && !strpbrk(step->want, "\n\"\\") &&
	       (!strcmp(step->found, "0") || vgpu_number(step->found));
}

/* The driver refuses while QEMU has it open; who that is can be told. */
static bool vgpu_type_needs_idle(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_GROUP_BUSY, "/dev/vfio/%d", step->group);
	(void)bdf_format(&step->bdf, ret->value);
	return true;
}

static bool vgpu_type_write(const struct step *step, struct step_write *ret)
{
	struct vgpu vgpu;

	step_device_path(step, "nvidia/current_vgpu_type", ret->path);
	if (step->direction == STEP_UNDO)
		(void)snprintf(ret->value, sizeof(ret->value), "%s",
			       frees(step) ? step->found : "0");
	else if (!frees(step) && ret->seen && vgpu_read(ret->seen, &vgpu))
		(void)snprintf(ret->value, sizeof(ret->value), "%u", vgpu.id);
	else
		(void)snprintf(ret->value, sizeof(ret->value), "%s", step->want);
	return true;
}

static void vgpu_type_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_VGPU, "/sys/bus/pci/devices/%s", BDF(&step->bdf));
	(void)snprintf(ret->value, sizeof(ret->value), "%s",
		       frees(step) ? step->found : step->want);
}

static enum step_verdict judge_do(const struct step *step, const struct vgpu *vgpu,
				  bool written)
{
	uint32_t number = vgpu_number(step->want);

	if (frees(step) && vgpu->type)
		return vgpu->type == vgpu_number(step->found) ? STEP_GO : STEP_FOREIGN;
	if (frees(step))
		return STEP_REACHED;
	if (!vgpu->type)
		return vgpu->id || written ? STEP_GO : STEP_FOREIGN;
	/* A name is not shown any more: the number came from it. */
	return (number ? vgpu->type == number : written) ? STEP_REACHED : STEP_FOREIGN;
}

/* Without room for what was there before it stays as it is, which is told. */
static enum step_verdict put_back(const struct step *step, const struct vgpu *vgpu,
				  bool written)
{
	if (vgpu->type)
		return vgpu->type == vgpu_number(step->found) ? STEP_REACHED
							      : STEP_FOREIGN;
	return vgpu->id || written ? STEP_GO : STEP_FOREIGN;
}

static enum step_verdict judge_undo(const struct step *step, const struct vgpu *vgpu,
				    bool written)
{
	uint32_t number = vgpu_number(step->want);

	if (frees(step))
		return put_back(step, vgpu, written);
	if (!vgpu->type)
		return STEP_REACHED;
	return !number || vgpu->type == number ? STEP_GO : STEP_FOREIGN;
}

static enum step_verdict vgpu_type_judge(const struct step *step, const char *seen,
					 bool written)
{
	struct vgpu vgpu;

	/* Its driver was changed: with it the type went. */
	if (!vgpu_read(seen, &vgpu))
		return step->direction == STEP_UNDO ? STEP_REACHED : STEP_FOREIGN;
	return step->direction == STEP_DO ? judge_do(step, &vgpu, written)
					  : judge_undo(step, &vgpu, written);
}

static void vgpu_type_explain(const struct step *step, const char *seen, char *buf,
			      size_t size)
{
	struct vgpu vgpu;

	if (!vgpu_read(seen, &vgpu))
		(void)snprintf(buf, size,
			       "it has no nvidia/current_vgpu_type (any more): is its "
			       "driver loaded?");
	else if (vgpu.type)
		(void)snprintf(buf, size,
			       "it has vGPU type %u now: somebody else has set it",
			       vgpu.type);
	else if (frees(step) && step->direction == STEP_UNDO && !vgpu.id)
		(void)snprintf(
			buf, size,
			"it had vGPU type %s, which nobody used, and has none now: "
			"there is no room for it any more",
			step->found);
	else if (vgpu.id)
		(void)snprintf(buf, size,
			       "the driver took the write, but it still has no type");
	else
		(void)snprintf(buf, size,
			       "the driver does not offer vGPU type %s now; it offers %s",
			       step->want,
			       vgpu.offers[0] ? vgpu.offers
					      : "none: other machines have all its room");
}

static void vgpu_type_describe(const struct step *step, char *buf, size_t size)
{
	if (frees(step))
		(void)snprintf(buf, size,
			       step->direction == STEP_DO
				       ? "free vGPU type %s, which nobody uses"
				       : "put vGPU type %s back",
			       step->found);
	else
		(void)snprintf(buf, size, "%s vGPU type %s",
			       step->direction == STEP_DO ? "set" : "free", step->want);
}

const struct step_ops step_vgpu_type = {
	.name = "vgpu-type",
	.deadline_ms = 30000, /* it waits for the card's firmware */
	.again = EPERM,	      /* for a while after QEMU has closed it */
	.valid = vgpu_type_valid,
	.needs_idle = vgpu_type_needs_idle,
	.write = vgpu_type_write,
	.look = vgpu_type_look,
	.judge = vgpu_type_judge,
	.explain = vgpu_type_explain,
	.explains_left = true,
	.describe = vgpu_type_describe,
};

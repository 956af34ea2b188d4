/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "plan/builder.h"
#include "spec/mdev-attribute.h"

/*
 * What a function has is freed first, as what it offers is shown only then. One that has
 * the type already, as after a start that came to nothing, is taken as it is.
 */
static int set_type(struct builder *b, const struct fact *fact)
{
	const struct vgpu *vgpu = &fact->vgpu;
	char found[16], want[LIMIT_NAME];
	int r = 0;

	if (vgpu->type &&
	    (vgpu->type == vgpu->id || vgpu->type == vgpu_number(fact->vgpu_type)))
		return 0;
	(void)snprintf(found, sizeof(found), "%u", vgpu->type);
	(void)snprintf(want, sizeof(want), "%s", fact->vgpu_type);
	if (vgpu->id)
		(void)snprintf(want, sizeof(want), "%u", vgpu->id);
	if (vgpu->type)
		r = builder_add(b, fact, STEP_VGPU_TYPE, STAGE_DRIVERS, found, "0");
	return r == 0 ? builder_add(b, fact, STEP_VGPU_TYPE, STAGE_DRIVERS, "0", want)
		      : r;
}

static int set_attributes(struct builder *b, const struct fact *fact)
{
	const struct text_list *list =
		spec_mdev_attributes(b->spec, (unsigned)fact->slot);
	const char *text = list ? list->text : NULL;
	int r = 0;

	for (unsigned i = 0; list && r == 0 && i < list->n; i++) {
		struct mdev_attribute a;

		if (!mdev_attribute_parse(text, &a) || !vgpu_attribute_valid(a.name))
			return err_set(b->err, EINVAL,
				       "hostpci%d %s: mdev-attributes: '%s' is no "
				       "setting of a vGPU type: only the files in its "
				       "nvidia/ are (nvidia/vgpu_params=...); correct "
				       "the policy",
				       fact->slot, BDF(&fact->device.bdf), text);
		r = builder_add(b, fact, STEP_MDEV_ATTRIBUTE, STAGE_DRIVERS, a.name,
				a.value);
		text += strlen(text) + 1;
	}
	return r;
}

int builder_vgpu(struct builder *b, const struct fact *fact)
{
	int r = set_type(b, fact);

	return r == 0 ? set_attributes(b, fact) : r;
}

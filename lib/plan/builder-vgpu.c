/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "plan/builder.h"

/*
 * What a function has is freed first, as what it offers is shown only then. One that has
 * the type already, as after a start that came to nothing, is taken as it is.
 */
int builder_vgpu(struct builder *b, const struct fact *fact)
{
	const struct vgpu *vgpu = &fact->vgpu;
	char found[16], want[LIMIT_NAME];
	int r = 0;

	if (vgpu->type && vgpu->type == vgpu_number(fact->vgpu_type))
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

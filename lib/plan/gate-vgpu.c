/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/gate-vgpu.h"

#include "base/say.h"

static struct finding *find(struct findings *findings, enum grade grade,
			    const struct fact *fact)
{
	struct finding *f = findings_add(findings, grade, fact->slot, &fact->device.bdf);

	if (f)
		SAY(f->what, "%s", f->device);
	return f;
}

static void has_none(const struct fact *fact, struct findings *findings)
{
	struct finding *f = find(findings, GRADE_NEVER, fact);

	if (!f)
		return;
	SAY(f->why, "has no vGPU types (nvidia/current_vgpu_type)");
	SAY(f->cure,
	    "name a virtual function of the card (sriov-manage -e makes them), and see "
	    "that the vGPU driver is loaded");
}

static void is_not_offered(const struct fact *fact, struct findings *findings)
{
	struct finding *f = find(findings, GRADE_NEVER, fact);

	if (!f)
		return;
	if (!fact->vgpu.offers[0]) {
		SAY(f->why, "has no room for vGPU type %s, nor for any other",
		    fact->vgpu_type);
		SAY(f->cure, "stop a machine that has one of this card");
		return;
	}
	SAY(f->why, "does not offer vGPU type %s now; it offers %s", fact->vgpu_type,
	    fact->vgpu.offers);
	SAY(f->cure,
	    "write one of these numbers (mdev=nvidia-NUMBER), or stop a machine that "
	    "has the room");
}

static void is_left_over(const struct fact *fact, struct findings *findings)
{
	struct finding *f = find(findings, GRADE_TELL, fact);

	if (f)
		SAY(f->why, "has vGPU type %u, which nobody uses: it is freed first",
		    fact->vgpu.type);
}

void gate_check_vgpu(const struct fact *fact, struct findings *findings)
{
	const struct vgpu *vgpu = &fact->vgpu;

	if (fact->device.locked)
		return;
	if (!fact->has_vgpu)
		has_none(fact, findings);
	else if (vgpu->type && vgpu->type != vgpu_number(fact->vgpu_type))
		is_left_over(fact, findings);
	else if (!vgpu->type && !vgpu->id)
		is_not_offered(fact, findings);
}

void gate_check_vgpu_names(const struct spec *spec, const struct facts *facts,
			   struct findings *findings)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct pick *pick = &facts->pick[i];
		const struct slot *slot = &spec->slot[i];
		struct finding *f;

		if (pick->kind != PICK_MDEV || !pick->by_number || !pick->n)
			continue;
		f = findings_add(findings, GRADE_NEVER, (int)i, &pick->bdf[0]);
		if (!f)
			return;
		SAY(f->what, "%s", f->device);
		SAY(f->why,
		    "has vGPU types, which Proxmox knows by number only, not '%s'",
		    slot->wish.mdev);
		if (facts->mdev[i].parent[0].type[0])
			SAY(f->cure, "write mdev=%s in %s:%u",
			    facts->mdev[i].parent[0].type, slot->file, slot->line);
		else
			SAY(f->cure,
			    "write mdev=nvidia-NUMBER in %s:%u; hostpci mdev types %s "
			    "lists what it offers now",
			    slot->file, slot->line, f->device);
	}
}

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

static void is_left_over(const struct fact *fact, bool own, struct findings *findings)
{
	struct finding *f = find(findings, GRADE_TELL, fact);

	if (f)
		SAY(f->why, "has vGPU type %u, %s", fact->vgpu.type,
		    own ? "of an earlier start: it is freed first"
			: "which nobody uses: it is freed first, and put back "
			  "afterwards");
}

/* Which number a name has is not shown while there is a type. */
static void is_unknown(const struct fact *fact, struct findings *findings)
{
	struct finding *f = find(findings, GRADE_NEVER, fact);

	if (!f)
		return;
	SAY(f->why,
	    "has vGPU type %u, which nobody uses, and while it has one nothing tells "
	    "what number '%s' has, if it is a type at all",
	    fact->vgpu.type, fact->vgpu_type);
	SAY(f->cure,
	    "write the number (mdev=nvidia-NUMBER), or free the type: echo 0 > "
	    "/sys/bus/pci/devices/%s/nvidia/current_vgpu_type",
	    f->device);
}

static bool is_own(const struct facts *facts, const struct bdf *bdf)
{
	for (size_t i = 0; i < facts->owns; i++)
		if (bdf_equal(&facts->own[i], bdf))
			return true;
	return false;
}

static void check_type(const struct facts *facts, const struct fact *fact,
		       struct findings *findings)
{
	const struct vgpu *vgpu = &fact->vgpu;
	uint32_t number = vgpu_number(fact->vgpu_type);
	bool own = is_own(facts, &fact->device.bdf);

	if (!vgpu->type && !vgpu->id)
		is_not_offered(fact, findings);
	if (!vgpu->type || vgpu->type == (number ? number : vgpu->id))
		return;
	if (number || vgpu->id || own)
		is_left_over(fact, own, findings);
	else
		is_unknown(fact, findings);
}

void gate_check_vgpu(const struct facts *facts, const struct fact *fact,
		     struct findings *findings)
{
	struct finding *f;

	if (fact->device.locked)
		return;
	if (fact->vgpu_type[0] && !fact->has_vgpu)
		has_none(fact, findings);
	else if (fact->vgpu_type[0])
		check_type(facts, fact, findings);
	else if (fact->has_vgpu && !fact->vgpu.type &&
		 (f = find(findings, GRADE_TELL, fact)))
		SAY(f->why,
		    "has vGPU types, but neither a type nor mdev=nvidia-NUMBER: the "
		    "machine gets no vGPU");
}

/* Proxmox starts it, without a vGPU. */
static void is_no_type(const struct slot *slot, unsigned n, const struct pick *pick,
		       struct findings *findings)
{
	struct finding *f = findings_add(findings, GRADE_NEVER, (int)n, &pick->bdf[0]);

	if (!f)
		return;
	SAY(f->what, "%s", f->device);
	SAY(f->why, "would get no vGPU: '%s' is no type", slot->wish.mdev);
	SAY(f->cure,
	    "write mdev=nvidia-NUMBER in %s:%u; hostpci mdev types %s lists them",
	    slot->file, slot->line, f->device);
}

void gate_check_vgpu_names(const struct spec *spec, const struct facts *facts,
			   struct findings *findings)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct pick *pick = &facts->pick[i];
		const struct slot *slot = &spec->slot[i];
		struct finding *f;

		if (pick->kind == PICK_DEVICE && pick->type[0] && pick->n)
			is_no_type(slot, i, pick, findings);
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

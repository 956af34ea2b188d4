/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include <errno.h>
#include <string.h>

#include "plan/builder.h"

const char *const plan_stage_words[_STAGE_MAX] = {
	[STAGE_MODULES] = "modules", [STAGE_VFS] = "virtual functions",
	[STAGE_RESCANS] = "rescans", [STAGE_DRIVERS] = "drivers",
	[STAGE_RESETS] = "resets",   [STAGE_MDEVS] = "mediated devices",
};

bool hold_equal(const struct hold *a, const struct hold *b)
{
	if (uuid_is_set(&a->mdev) || uuid_is_set(&b->mdev))
		return uuid_equal(&a->mdev, &b->mdev);
	return bdf_equal(&a->bdf, &b->bdf);
}

bool hold_has(const struct hold *hold, const struct step *step)
{
	const struct hold about = {.bdf = step->bdf, .mdev = step->mdev};

	return hold_equal(hold, &about);
}

static void *append(void *array, size_t *n, size_t size)
{
	/* Room grows at the powers of two; *n is the number of items in use. */
	bool full = (*n & (*n - 1)) == 0;

	return full ? realloc(array, (*n ? *n * 2 : 1) * size) : array;
}

int plan_add_step(struct plan *plan, const struct step *step)
{
	void *array = append(plan->step, &plan->steps, sizeof(*step));

	if (!array)
		return -ENOMEM;
	plan->step = array;
	plan->step[plan->steps++] = *step;
	return 0;
}

int plan_add_hold(struct plan *plan, const struct hold *hold)
{
	void *array = append(plan->hold, &plan->holds, sizeof(*hold));

	if (!array)
		return -ENOMEM;
	plan->hold = array;
	plan->hold[plan->holds++] = *hold;
	return 0;
}

void plan_free(struct plan *plan)
{
	free(plan->step);
	free(plan->hold);
	*plan = (struct plan){0};
}

bool plan_makes_vfs(const struct plan *plan)
{
	for (size_t i = 0; i < plan->holds; i++)
		if (plan->hold[i].changing)
			return true;
	return false;
}

/* The group of a virtual function is not known before it exists: until then it has a lane
 * of its own by its address. */
static int lane_of(const struct builder *b, const struct fact *fact,
		   enum plan_stage stage)
{
	const struct bdf *bdf = &fact->device.bdf;

	if (stage == STAGE_RESCANS)
		return b->rescan_lane;
	if (stage == STAGE_VFS)
		return b->pf_lane;
	/* Of those that are declared each is for itself, those that are in no group, too.
	 */
	return fact->device.coming || (fact->declared && fact->device.group < 0)
		       ? LANE_COMING | bdf->bus << 8 | bdf->slot << 3 | bdf->function
		       : fact->device.group;
}

int builder_add(struct builder *b, const struct fact *fact, enum step_kind kind,
		enum plan_stage stage, const char *found, const char *want)
{
	int policy_ms = spec_deadline_ms(b->spec, (unsigned)fact->slot);
	struct step step = {
		.kind = kind,
		.stage = stage,
		.lane = lane_of(b, fact, stage),
		.slot = fact->slot,
		.bdf = fact->device.bdf,
		.group = fact->device.group,
		.deadline_ms = policy_ms ? policy_ms : step_deadline_ms(kind, found),
		.disks = device_may_have_disks(&fact->device),
	};

	(void)snprintf(step.found, sizeof(step.found), "%s", found);
	(void)snprintf(step.want, sizeof(step.want), "%s", want);
	return plan_add_step(b->plan, &step);
}

static bool does(const struct builder *b, enum scope kind)
{
	return scope_has(b->spec->scope, kind);
}

static int add_module(struct builder *b, const struct facts *facts)
{
	bool ready = facts->driver_ready || !does(b, SCOPE_REBIND);

	for (unsigned i = 0; !ready && i < facts->n; i++) {
		struct fact fact = facts->fact[i];

		if (fact.device.bridge || (fact.device.on_vfio && !fact.declared) ||
		    fact.vgpu_type[0] || spec_keeps_driver(b->spec, (unsigned)fact.slot))
			continue;
		if (!fact.declared)
			fact.device.group = -1; /* a lane of its own */
		return builder_add(b, &fact, STEP_MODULE, STAGE_MODULES, "",
				   fact.declared ? fact.declared->driver : "vfio-pci");
	}
	return 0;
}

/* For no machine: nothing but its driver. */
static int add_declared(struct builder *b, const struct fact *fact)
{
	const struct device *d = &fact->device;
	const char *driver = fact->declared->driver;
	int r = builder_keep(b, fact, STAGE_DRIVERS);

	if (r == 0 && d->driver[0])
		r = builder_add(b, fact, STEP_UNBIND, STAGE_DRIVERS, d->driver, "");
	if (r == 0 && strcmp(d->override, driver) != 0)
		r = builder_add(b, fact, STEP_OVERRIDE, STAGE_DRIVERS, d->override,
				driver);
	return r == 0 ? builder_add(b, fact, STEP_BIND, STAGE_DRIVERS, "", driver) : r;
}

/*
 * Released before it is claimed: taken back in reverse, the override is cleared before
 * the old driver is bound, which the kernel would refuse the other way round.
 */
static int add_binding(struct builder *b, const struct fact *fact)
{
	const struct device *d = &fact->device;
	bool rescan = builder_rescans(b, fact);
	int r = 0;

	if (d->bridge)
		return 0;
	if (fact->vgpu_type[0])
		return builder_vgpu(b, fact);
	if (!does(b, SCOPE_REBIND))
		return 0;
	if (d->on_vfio || spec_keeps_driver(b->spec, (unsigned)fact->slot))
		return builder_adopted(b, fact);
	if (!rescan)
		r = builder_keep(b, fact, STAGE_DRIVERS);
	if (r == 0 && !rescan && d->driver[0])
		r = builder_add(b, fact, STEP_UNBIND, STAGE_DRIVERS, d->driver, "");
	if (r == 0 && (rescan || strcmp(d->override, "vfio-pci") != 0))
		r = builder_add(b, fact, STEP_OVERRIDE, STAGE_DRIVERS, d->override,
				"vfio-pci");
	/* A driver of the host may take a virtual function while it is given away. */
	if (r == 0 && (rescan || (fact->pf && !d->driver[0])))
		r = builder_add(b, fact, STEP_EVICT, STAGE_DRIVERS, d->driver, "");
	if (r == 0)
		r = builder_unbound(b, fact);
	return r == 0 ? builder_bind(b, fact) : r;
}

static int add_driver(struct builder *b, const struct fact *fact)
{
	const struct wish *wish;
	struct wish room;
	int r;

	if (fact->declared)
		return add_declared(b, fact);
	r = add_binding(b, fact);
	wish = fact_wish(b->spec, fact, &room);
	if (r == 0 && does(b, SCOPE_SRIOV))
		r = builder_vf(b, fact, wish);
	return r == 0 && does(b, SCOPE_SRIOV) ? builder_nvme(b, fact, wish) : r;
}

static int add_hold(struct builder *b, const struct fact *fact)
{
	bool vgpu = fact->vgpu_type[0];
	struct hold hold = {
		.bdf = fact->device.bdf,
		.slot = fact->slot,
		.group = fact->device.group,
		.storage = device_is_storage(&fact->device) && !vgpu,
		.return_to = builder_return(b, fact),
		.return_after = spec_return_after(b->spec, (unsigned)fact->slot),
	};

	if (fact->pf) {
		hold.is_vf = true;
		hold.vf_of = fact->pf->device.bdf;
	}
	/* There is nothing to keep, or somebody else keeps it. */
	if (vgpu || fact->declared || !does(b, SCOPE_REBIND))
		hold.return_to = WISH_RETURN_HOST;
	return fact->device.bridge ? 0 : plan_add_hold(b->plan, &hold);
}

static void note_chosen(const struct slot *slot, unsigned n, const struct pick *pick,
			struct notes *notes)
{
	bool vf = wish_has(&slot->wish, KEY_VF_OF);

	notes_add(notes, "%s: hostpci%u: %s%s: %s%s is chosen%s%s%s", SLOT_PLACE(slot), n,
		  vf ? "vf-of" : "mapping=", vf ? "" : slot->wish.mapping,
		  BDF(&pick->bdf[0]), pick->n > 1 ? " with its other functions" : "",
		  pick->passed[0] ? " (others are not free: " : "", pick->passed,
		  pick->passed[0] ? ")" : "");
}

/* What is left to Proxmox, and what was chosen where the configuration leaves it open. */
static void note_picks(const struct spec *spec, const struct facts *facts,
		       struct notes *notes)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct slot *slot = &spec->slot[i];
		const struct pick *pick = &facts->pick[i];
		bool given = pick->kind == PICK_DEVICE || pick->kind == PICK_NVIDIA;

		if (!slot->present)
			continue;
		if (facts->mdev[i].left)
			notes_add(notes, "%s: hostpci%u: mdev=%s is left to Proxmox",
				  SLOT_PLACE(slot), i, slot->wish.mdev);
		else if (given && pick->alternatives > 1 && pick->n)
			note_chosen(slot, i, pick, notes);
	}
}

int plan_build(const struct spec *spec, const struct facts *facts, struct plan *ret,
	       struct notes *notes, struct err *err)
{
	_cleanup_(plan_free) struct plan plan = {0};
	struct builder b = {.spec = spec,
			    .facts = facts,
			    .plan = &plan,
			    .notes = notes,
			    .rescan_lane = -1,
			    .pf_lane = -1,
			    .err = err};
	int r;

	note_picks(spec, facts, notes);
	err->code = 0;
	r = add_module(&b, facts);
	/* Physical functions first: who is found to have one of theirs has them, too. */
	if (r == 0 && does(&b, SCOPE_SRIOV))
		r = builder_pfs(&b, facts);
	for (unsigned i = 0; r == 0 && i < facts->n; i++)
		r = add_hold(&b, &facts->fact[i]);
	for (unsigned i = 0; r == 0 && does(&b, SCOPE_REBIND) && i < facts->n; i++)
		r = builder_rescan(&b, &facts->fact[i]);
	for (unsigned i = 0; r == 0 && i < facts->n; i++)
		r = add_driver(&b, &facts->fact[i]);
	for (unsigned i = 0; r == 0 && does(&b, SCOPE_RESET) && i < facts->n; i++)
		if (!facts->fact[i].declared)
			r = builder_resets(&b, &facts->fact[i]);
	if (r == 0)
		r = builder_mdevs(&b);
	if (r < 0)
		return err->code ? r : err_set(err, -r, "out of memory");
	*ret = plan;
	plan = (struct plan){0};
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/builder.h"

#include <errno.h>
#include <string.h>

static void note(struct builder *b, const struct fact *fact, const char *text)
{
	notes_add(b->notes, "hostpci%d %s: %s", fact->slot, BDF(&fact->device.bdf), text);
}

/* What a quirk has changed, and who says that it must. */
static void note_quirk(struct builder *b, const struct fact *fact,
		       const struct quirk *quirk, const char *text)
{
	notes_add(b->notes, "hostpci%d %s: %s: %s (%s)", fact->slot,
		  BDF(&fact->device.bdf), quirk->name, text, quirk->source);
}

static bool wants_rescan(const struct builder *b, const struct fact *fact)
{
	return fact->wanted && spec_rescan(b->spec, (unsigned)fact->slot);
}

bool builder_rescans(const struct builder *b, const struct fact *fact)
{
	/* A virtual function that is removed is not found again. */
	return wants_rescan(b, fact) && !fact->pf && !fact->device.bridge &&
	       !fact->device.on_vfio && !fact->vgpu_type[0] &&
	       !spec_keeps_driver(b->spec, (unsigned)fact->slot);
}

int builder_keep(struct builder *b, const struct fact *fact, enum plan_stage stage)
{
	const struct settings *s = &fact->settings;
	bool all = stage == STAGE_RESCANS;
	int r = 0;

	/* When vfio-pci lets go it forbids suspending, whatever was there before. */
	if (!strcmp(s->power, "auto") || (all && s->power[0]))
		r = builder_add(b, fact, STEP_KEEP, stage, s->power, "power");
	if (r == 0 && all && s->d3cold[0])
		r = builder_add(b, fact, STEP_KEEP, stage, s->d3cold, "d3cold");
	if (r == 0 && all && s->has_methods)
		r = builder_add(b, fact, STEP_KEEP, stage, s->methods, "reset_method");
	if (r == 0 && all && s->autoprobe[0])
		r = builder_add(b, fact, STEP_KEEP, stage, s->autoprobe, "autoprobe");
	if (r == 0 && all && fact->device.override[0])
		r = builder_add(b, fact, STEP_KEEP, stage, fact->device.override,
				"driver_override");
	return r;
}

/*
 * With the last device of an IOMMU group its number is free, and the next one that comes
 * gets it: two at a time would change places, and Proxmox's mappings name the numbers.
 */
int builder_rescan(struct builder *b, const struct fact *fact)
{
	const struct device *d = &fact->device;
	char identity[LIMIT_NAME];
	int r;

	if (!builder_rescans(b, fact))
		return 0;
	if (b->rescan_lane < 0)
		b->rescan_lane = d->group;
	(void)snprintf(identity, sizeof(identity), "%04x:%04x group %d", d->vendor,
		       d->product, d->group);
	r = builder_keep(b, fact, STAGE_RESCANS);
	if (r == 0 && d->driver[0])
		r = builder_add(b, fact, STEP_UNBIND, STAGE_RESCANS, d->driver, "");
	if (r == 0)
		r = builder_add(b, fact, STEP_REMOVE, STAGE_RESCANS, identity, "");
	if (r == 0)
		r = builder_add(b, fact, STEP_RESCAN, STAGE_RESCANS, identity, "");
	return r;
}

static int set_d3cold(struct builder *b, const struct fact *fact)
{
	const char *found = fact->settings.d3cold;
	const char *want = spec_d3cold(b->spec, (unsigned)fact->slot);
	const struct quirk *quirk = settings_quirk(b->spec, fact);
	bool by_quirk = !want && quirk && quirk->d3cold >= 0;

	if (by_quirk)
		want = quirk->d3cold ? "1" : "0";
	if (!want || !found[0] || (!strcmp(want, found) && !builder_rescans(b, fact)))
		return 0;
	if (by_quirk)
		note_quirk(b, fact, quirk,
			   quirk->d3cold
				   ? "its power may be cut while it is suspended"
				   : "its power is never cut while it is suspended");
	return builder_add(b, fact, STEP_D3COLD, STAGE_DRIVERS, found, want);
}

static bool same_card(const struct fact *a, const struct fact *b)
{
	return a != b && a->wanted && b->wanted && a->slot == b->slot &&
	       bdf_same_slot(&a->device.bdf, &b->device.bdf);
}

/* The BAR is not resizable here, but that of another function of the card is: it is
 * meant. */
static bool is_of_another(const struct builder *b, const struct fact *fact, int bar)
{
	if (fact->settings.bar[bar].offers)
		return false;
	for (unsigned i = 0; i < b->facts->n; i++)
		if (same_card(&b->facts->fact[i], fact) &&
		    b->facts->fact[i].settings.bar[bar].offers)
			return true;
	return false;
}

/* It comes with the first function of its card, which is what policy is about. */
static bool comes_along(const struct builder *b, const struct fact *fact)
{
	for (unsigned i = 0; i < b->facts->n; i++)
		if (same_card(&b->facts->fact[i], fact) &&
		    b->facts->fact[i].device.bdf.function < fact->device.bdf.function)
			return true;
	return false;
}

static int refuse_size(struct builder *b, const struct fact *fact,
		       const struct bar_size *size)
{
	uint64_t offers = fact->settings.bar[size->bar].offers;
	char text[160] = "";
	size_t at = 0;

	for (int bit = 0; bit <= BAR_BIT_MAX && at < sizeof(text); bit++)
		if (offers >> bit & 1)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
					       at ? ", " : "", BAR_SIZE(bit));
	return err_set(b->err, EINVAL,
		       "hostpci%d %s: bar-sizes: BAR %d cannot be %s: %s%s; correct the "
		       "policy",
		       fact->slot, BDF(&fact->device.bdf), size->bar, BAR_SIZE(size->bit),
		       at ? "the device offers " : "",
		       at ? text : "it is not resizable here");
}

static int set_bars(struct builder *b, const struct fact *fact)
{
	const struct bar_sizes *sizes = spec_bar_sizes(b->spec, (unsigned)fact->slot);
	int r = 0;

	if (fact->device.coming) /* what they can be is seen when it is there */
		return 0;
	for (unsigned i = 0; fact->wanted && sizes && r == 0 && i < sizes->n; i++) {
		const struct bar_size *size = &sizes->item[i];
		int now = fact->settings.bar[size->bar].bit;
		char found[16], want[16];

		if (now == size->bit || is_of_another(b, fact, size->bar))
			continue;
		if (now < 0 || !(fact->settings.bar[size->bar].offers >> size->bit & 1))
			return refuse_size(b, fact, size);
		if (fact->device.on_vfio) {
			note(b, fact,
			     "is on vfio already, its BARs keep their sizes: they can "
			     "only be resized while no driver has it");
			return 0;
		}
		(void)snprintf(found, sizeof(found), "%d:%d", size->bar, now);
		(void)snprintf(want, sizeof(want), "%d:%d", size->bar, size->bit);
		r = builder_add(b, fact, STEP_BAR, STAGE_DRIVERS, found, want);
	}
	return r;
}

int builder_unbound(struct builder *b, const struct fact *fact)
{
	int r = set_d3cold(b, fact);

	return r == 0 ? set_bars(b, fact) : r;
}

/* @now: as it is when this is written; taken back, it is as it was found. */
static int set_power(struct builder *b, const struct fact *fact, const char *now)
{
	const char *want = spec_power(b->spec, (unsigned)fact->slot);
	const char *found = fact->settings.power;

	if (!want || !found[0] || !strcmp(want, now))
		return 0;
	return builder_add(b, fact, STEP_POWER, STAGE_DRIVERS, found, want);
}

int builder_return(const struct builder *b, const struct fact *fact)
{
	/* A host that sees a guest's disk assembles its md and LVM. */
	return spec_return(b->spec, (unsigned)fact->slot,
			   device_is_storage(&fact->device) && !fact->vgpu_type[0]
				   ? WISH_RETURN_VFIO
				   : WISH_RETURN_HOST);
}

/* It is reset when it is bound, does not stay on vfio-pci when the machine has stopped,
 * and policy does not say how it sleeps. */
static bool stays_awake(const struct builder *b, const struct fact *fact)
{
	const struct reset_wish *wish = spec_reset(b->spec, (unsigned)fact->slot);

	return fact->wanted && wish && wish->wanted &&
	       scope_has(b->spec->scope, SCOPE_RESET) &&
	       builder_return(b, fact) == WISH_RETURN_HOST &&
	       !spec_power(b->spec, (unsigned)fact->slot);
}

int builder_bind(struct builder *b, const struct fact *fact)
{
	int r = builder_add(b, fact, STEP_BIND, STAGE_DRIVERS, "", "vfio-pci");

	if (r < 0)
		return r;
	b->plan->step[b->plan->steps - 1].awake = stays_awake(b, fact);
	/* vfio-pci allows suspending when it binds (vfio_pci_core_register_device). */
	return set_power(b, fact, "auto");
}

int builder_adopted(struct builder *b, const struct fact *fact)
{
	int r = set_d3cold(b, fact);

	if (wants_rescan(b, fact))
		note(b, fact,
		     "is on vfio already: only what comes from the host is removed and "
		     "found again");
	if (r == 0)
		r = set_bars(b, fact);
	return r == 0 ? set_power(b, fact, fact->settings.power) : r;
}

/* Its list is limited to @chain; an empty one switches its resets off. @none: and if none
 * of it is offered. */
static int limit_methods(struct builder *b, const struct fact *fact,
			 const struct reset_chain *chain, enum step_none none)
{
	const struct settings *s = &fact->settings;
	char want[RESET_CHAIN_TEXT], now[RESET_CHAIN_TEXT];
	struct reset_chain listed, both;
	int r;

	reset_chain_text(chain, want);
	reset_chain_read(s->methods, &listed);
	both = reset_chain_offered(chain, &listed);
	/* A start before this one has seen to it; else the list may be stale. */
	if (!strcmp(reset_chain_text(&both, now), s->methods) &&
	    (!chain->n || (fact->device.on_vfio && (both.n || none == STEP_NONE_OFF))))
		return 0;
	if (none == STEP_NONE_FAILS && !both.n)
		notes_add(b->notes,
			  "hostpci%d %s: reset: beforehand the kernel lists %s%s for it: "
			  "if it finds none of %s either when it looks anew, the start "
			  "fails",
			  fact->slot, BDF(&fact->device.bdf),
			  s->methods[0] ? "only " : "no method", s->methods, want);
	r = chain->n ? builder_add(b, fact, STEP_REPROBE, STAGE_RESETS, s->methods,
				   "default")
		     : builder_add(b, fact, STEP_KEEP, STAGE_RESETS, s->methods,
				   "reset_method");
	if (r == 0)
		r = builder_add(b, fact, STEP_METHODS, STAGE_RESETS, "", want);
	if (r == 0)
		b->plan->step[b->plan->steps - 1].none = none;
	return r;
}

/* All methods but those that harm it, in the kernel's order. */
static struct reset_chain all_but(const struct reset_chain *avoid)
{
	struct reset_chain rest = {0};

	for (int m = 0; m < _RESET_METHOD_MAX; m++)
		if (!reset_chain_has(avoid, m))
			(void)reset_chain_add(&rest, m);
	return rest;
}

static int quirk_methods(struct builder *b, const struct fact *fact,
			 const struct quirk *quirk)
{
	const struct reset_wish *wish = spec_reset(b->spec, (unsigned)fact->slot);
	struct reset_chain listed, harmful, rest = all_but(&quirk->avoid);
	size_t before = b->plan->steps;
	const char *text = "its resets are switched off while the machine has it";
	int r = 0;

	reset_chain_read(fact->settings.methods, &listed);
	harmful = reset_chain_offered(&quirk->avoid, &listed);
	if (quirk->no_reset && !(wish && wish->wanted)) {
		r = limit_methods(b, fact, &(struct reset_chain){0}, STEP_NONE_OFF);
	} else if (quirk->method.n && quirk->module[0] && !fact->settings.has_module) {
		notes_add(b->notes,
			  "hostpci%d %s: %s: is reset well only by the module %s, which "
			  "is not loaded (%s)",
			  fact->slot, BDF(&fact->device.bdf), quirk->name, quirk->module,
			  quirk->source);
	} else if (quirk->method.n) {
		text = "only the reset methods that work well with it are used, if the "
		       "kernel offers them";
		r = limit_methods(b, fact, &quirk->method, STEP_NONE_LEFT);
	} else if (harmful.n) {
		text = "the reset methods that harm it are not used";
		r = limit_methods(b, fact, &rest, STEP_NONE_OFF);
	}
	if (b->plan->steps > before)
		note_quirk(b, fact, quirk, text);
	return r;
}

static int add_reset(struct builder *b, const struct fact *fact,
		     const struct quirk *quirk)
{
	int r = builder_add(b, fact, STEP_RESET, STAGE_RESETS, "", "");

	if (r == 0 && comes_along(b, fact))
		b->plan->step[b->plan->steps - 1].none = STEP_NONE_OFF;
	if (r < 0 || !quirk || !quirk->delay_ms)
		return r;
	b->plan->step[b->plan->steps - 1].settle_ms = quirk->delay_ms;
	note_quirk(b, fact, quirk, "it is left alone for a moment after the reset");
	return 0;
}

int builder_resets(struct builder *b, const struct fact *fact)
{
	const struct reset_wish *wish = spec_reset(b->spec, (unsigned)fact->slot);
	const struct quirk *quirk = settings_quirk(b->spec, fact);
	bool chain = wish && wish->chain.n;
	int r = 0;

	if (!fact->wanted || fact->device.bridge || fact->vgpu_type[0])
		return 0;
	if (fact->device.coming) /* which methods it has is seen when it is there */
		return wish && wish->wanted ? add_reset(b, fact, quirk) : 0;
	if (chain && !fact->settings.has_methods && comes_along(b, fact))
		return 0;
	if (chain && !fact->settings.has_methods)
		return err_set(
			b->err, EINVAL,
			"hostpci%d %s: reset: the kernel knows no way to reset it: "
			"take reset out of the policy",
			fact->slot, BDF(&fact->device.bdf));
	if (chain)
		r = limit_methods(b, fact, &wish->chain,
				  comes_along(b, fact) ? STEP_NONE_OFF : STEP_NONE_FAILS);
	else if (quirk && fact->settings.has_methods)
		r = quirk_methods(b, fact, quirk);
	return r == 0 && wish && wish->wanted ? add_reset(b, fact, quirk) : r;
}

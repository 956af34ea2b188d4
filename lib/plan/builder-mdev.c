/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/builder.h"

#include <string.h>

#include "spec/mdev-attribute.h"

static int add(struct builder *b, unsigned slot, const struct mdev_parent *parent,
	       enum step_kind kind, const char *found, const char *want)
{
	const struct mdev_fact *fact = &b->facts->mdev[slot];
	int policy_ms = spec_deadline_ms(b->spec, slot);
	struct step step = {
		.kind = kind,
		.stage = STAGE_MDEVS,
		.lane = fact->parent[0].group,
		.slot = (int)slot,
		.bdf = parent->bdf,
		.mdev = fact->uuid,
		.group = fact->parent[0].group,
		.deadline_ms = policy_ms ? policy_ms : step_deadline_ms(kind, found),
	};

	(void)snprintf(step.found, sizeof(step.found), "%s", found);
	(void)snprintf(step.want, sizeof(step.want), "%s", want);
	return plan_add_step(b->plan, &step);
}

static bool has_room(const struct mdev_parent *parent)
{
	return parent->type[0] && parent->available != 0;
}

/* The count is a hint, as types compete and others create: each parent that may have room
 * is tried, in one lane. */
static int add_creation(struct builder *b, unsigned slot)
{
	const struct mdev_fact *fact = &b->facts->mdev[slot];
	size_t first = b->plan->steps;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < fact->n; i++) {
		const struct mdev_parent *p = &fact->parent[i];

		if (!has_room(p))
			continue;
		if (b->plan->steps > first)
			b->plan->step[b->plan->steps - 1].spare = true;
		r = add(b, slot, p, STEP_MDEV, p->name, p->type);
	}
	return r;
}

static int add_attributes(struct builder *b, unsigned slot, const struct text_list *list)
{
	const char *text = list ? list->text : NULL;
	int r = 0;

	for (unsigned i = 0; list && r == 0 && i < list->n; i++) {
		struct mdev_attribute a;

		if (mdev_attribute_parse(text, &a))
			r = add(b, slot, &b->facts->mdev[slot].parent[0],
				STEP_MDEV_ATTRIBUTE, a.name, a.value);
		text += strlen(text) + 1;
	}
	return r;
}

static int add_mdev(struct builder *b, unsigned slot)
{
	const struct mdev_definition *definition = b->spec->slot[slot].definition;
	const struct mdev_fact *fact = &b->facts->mdev[slot];
	const struct hold hold = {
		.bdf = fact->parent[0].bdf,
		.mdev = fact->uuid,
		.slot = (int)slot,
		.group = fact->parent[0].group,
		.return_to = WISH_RETURN_HOST,
	};
	int r = plan_add_hold(b->plan, &hold);

	if (r == 0 && mdev_fact_fits(fact))
		notes_add(b->notes,
			  "hostpci%u: mediated device %s of type %s is there already: it "
			  "is used, and stays",
			  slot, fact->uuid.text, fact->seen.type);
	else if (r == 0 && (!fact->seen.there || fact->seen.going))
		r = add_creation(b, slot);
	if (r == 0 && definition)
		r = add_attributes(b, slot, &definition->attributes);
	return r == 0 ? add_attributes(b, slot, spec_mdev_attributes(b->spec, slot)) : r;
}

int builder_mdevs(struct builder *b)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++)
		if (b->facts->mdev[i].wanted && b->facts->mdev[i].n)
			r = add_mdev(b, i);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/spec.h"

/* The slot's own wish if it set @id, else the machine's, else the host's, else NULL. What
 * is declared for the host itself is of no slot: what machines want is nothing to it. */
static const struct wish *effective(const struct spec *spec, unsigned slot,
				    enum key_id id)
{
	if (slot >= LIMIT_SLOTS)
		return NULL;
	if (wish_has(&spec->slot[slot].wish, id))
		return &spec->slot[slot].wish;
	if (wish_has(&spec->vm, id))
		return &spec->vm;
	return wish_has(&spec->host, id) ? &spec->host : NULL;
}

int spec_return(const struct spec *spec, unsigned slot, int fallback)
{
	const struct wish *wish = effective(spec, slot, KEY_RETURN);

	return wish ? wish->return_to : fallback;
}

int spec_return_after(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_RETURN_AFTER);

	return wish ? wish->return_after : 0;
}

const struct reset_wish *spec_reset(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_RESET);

	return wish ? &wish->reset : NULL;
}

bool spec_rescan(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_RESCAN);

	return wish && wish->rescan;
}

const char *spec_power(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_POWER);

	return wish ? wish_power_words[wish->power] : NULL;
}

const char *spec_d3cold(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_D3COLD);

	if (!wish)
		return NULL;
	return wish->d3cold ? "1" : "0";
}

const struct bar_sizes *spec_bar_sizes(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_BAR_SIZES);

	return wish ? &wish->bar_sizes : NULL;
}

bool spec_keeps_driver(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_DRIVER);

	return wish && wish->driver == WISH_DRIVER_KEEP;
}

int spec_deadline_ms(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = effective(spec, slot, KEY_DEADLINE);

	if (slot >= LIMIT_SLOTS && wish_has(&spec->host, KEY_DEADLINE))
		wish = &spec->host;
	return wish ? wish->deadline * 1000 : 0;
}

bool spec_strict(const struct spec *spec)
{
	if (wish_has(&spec->vm, KEY_STRICT))
		return spec->vm.strict;
	return wish_has(&spec->host, KEY_STRICT) && spec->host.strict;
}

bool spec_gate_warns(const struct spec *spec)
{
	if (wish_has(&spec->vm, KEY_GATE))
		return spec->vm.gate == WISH_GATE_WARN;
	return wish_has(&spec->host, KEY_GATE) && spec->host.gate == WISH_GATE_WARN;
}

bool spec_allows(const struct spec *spec, unsigned slot, const struct bdf *bdf)
{
	const struct wish *own = slot < LIMIT_SLOTS ? &spec->slot[slot].wish : NULL;

	if (!own)
		return false;
	return (wish_has(own, KEY_ALLOW) && address_list_has(&own->allow, bdf)) ||
	       (wish_has(&spec->vm, KEY_ALLOW) && address_list_has(&spec->vm.allow, bdf));
}

bool spec_protects(const struct spec *spec, const struct bdf *bdf)
{
	return wish_has(&spec->host, KEY_PROTECT) &&
	       address_list_has(&spec->host.protect, bdf);
}

const struct text_list *spec_free_command(const struct spec *spec, unsigned slot,
					  bool *ret_shared)
{
	const struct wish *wish = effective(spec, slot, KEY_FREE);

	*ret_shared = wish == &spec->vm;
	return wish && wish->free.n ? &wish->free : NULL;
}

const struct text_list *spec_mdev_attributes(const struct spec *spec, unsigned slot)
{
	const struct wish *wish = &spec->slot[slot].wish;

	return wish_has(wish, KEY_MDEV_ATTRIBUTES) && wish->mdev_attributes.n
		       ? &wish->mdev_attributes
		       : NULL;
}

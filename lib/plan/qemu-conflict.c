/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/qemu-conflict.h"

static bool has_igd(const struct slot *slot)
{
	return slot->present && wish_has(&slot->wish, KEY_LEGACY_IGD) &&
	       slot->wish.legacy_igd;
}

static bool has_igd_before(const struct spec *spec, unsigned n)
{
	while (n-- > 0)
		if (has_igd(&spec->slot[n]))
			return true;
	return false;
}

struct rule {
	bool broken;
	const char *why;
	const char *cure;
};

/* What QEMU's own mode for the host's integrated graphics asks for. */
static bool igd_conflict(const struct spec *spec, const struct facts *facts, unsigned n,
			 struct qemu_conflict *ret)
{
	const struct wish *wish = &spec->slot[n].wish;
	const struct pick *pick = &facts->pick[n];
	const struct rule rules[] = {
		{has_igd_before(spec, n), "beside another that has it",
		 "leave it at one of them"},
		{!spec->machine.vga_none, "without the line 'vga: none'", "add it"},
		{wish_has(wish, KEY_ROMBAR) && !wish->rombar,
		 "and rombar=0, but needs the ROM", "remove rombar=0"},
		{wish_has(wish, KEY_X_VGA) && wish->x_vga, "and x-vga=1",
		 "remove one of them"},
		{pick->kind != PICK_DEVICE, "and mdev=", "remove one of them"},
		{machine_is_q35(&spec->machine), "on machine: q35, but needs i440fx",
		 "use machine: pc"},
		{pick->alternatives > 1, "and a mapping that leaves a choice",
		 "name one device"},
		{pick->n != 1, "for more than one function", "name one function"},
		{pick->bdf[0].slot != 2 || pick->bdf[0].function != 0,
		 "but is not xx:02.0, as integrated graphics is", "remove legacy-igd"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!rules[i].broken)
			continue;
		(void)snprintf(ret->why, sizeof(ret->why), "has legacy-igd=1 %s",
			       rules[i].why);
		ret->cure = rules[i].cure;
		return true;
	}
	return false;
}

bool qemu_conflict(const struct spec *spec, const struct facts *facts, unsigned n,
		   struct qemu_conflict *ret)
{
	const struct slot *slot = &spec->slot[n];

	if (wish_has(&slot->wish, KEY_PCIE) && slot->wish.pcie &&
	    !machine_is_q35(&spec->machine)) {
		(void)snprintf(ret->why, sizeof(ret->why),
			       "has pcie=1, which needs machine: q35 (it is '%s')",
			       spec->machine.type[0] ? spec->machine.type : "pc");
		ret->cure = "set it, or remove pcie=1";
		return true;
	}
	return has_igd(slot) && igd_conflict(spec, facts, n, ret);
}

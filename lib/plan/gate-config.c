/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/gate-config.h"

#include <errno.h>

#include "base/say.h"
#include "plan/qemu-conflict.h"

static void check_absent(const struct spec *spec, const struct facts *facts,
			 struct findings *findings)
{
	for (unsigned i = 0; i < facts->absents; i++) {
		const struct absent *absent = &facts->absent[i];
		const struct slot *slot = &spec->slot[absent->slot];
		struct finding *f =
			findings_add(findings, GRADE_NEVER, (int)absent->slot, NULL);

		if (!f)
			return;
		SAY(f->device, "%s", absent->text);
		SAY(f->what, "%s", absent->text);
		SAY(f->why, "is no PCI device of this host");
		SAY(f->cure,
		    "lspci -D lists them (an address moves when hardware is added); "
		    "correct hostpci%u in %s:%u",
		    absent->slot, slot->file, slot->line);
	}
}

/* Without a VM config nobody knows what machine will be made. */
static void check_conflicts(const struct spec *spec, const struct facts *facts,
			    struct findings *findings)
{
	struct qemu_conflict conflict;

	for (unsigned i = 0; spec->have_config && i < LIMIT_SLOTS; i++) {
		const struct slot *slot = &spec->slot[i];
		struct finding *f;

		if (!slot->present || facts->pick[i].err.code ||
		    !qemu_conflict(spec, facts, i, &conflict))
			continue;
		f = findings_add(findings, GRADE_NEVER, (int)i, NULL);
		if (!f)
			return;
		SAY(f->why, "%s: hostpci%u %s, and Proxmox does not start that",
		    SLOT_PLACE(slot), i, conflict.why);
		SAY(f->cure, "%s", conflict.cure);
	}
}

/* One of the ways that a mapping leaves is about to be free. */
static bool is_passing(const struct facts *facts, const struct pick *pick)
{
	for (unsigned i = 0; i < pick->skips; i++) {
		const struct claim *claim = facts_claim(facts, &pick->skip[i]);

		if (claim && claim->passing)
			return true;
	}
	return false;
}

/* What Proxmox itself would not start the machine for. */
static void check_picks(const struct spec *spec, const struct facts *facts,
			struct findings *findings)
{
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct err *err = &facts->pick[i].err;
		struct finding *f;

		if (!err->code)
			continue;
		f = findings_add(findings, GRADE_NEVER, (int)i, NULL);
		if (!f)
			return;
		f->held = err->code == EBUSY;
		f->passing = f->held && is_passing(facts, &facts->pick[i]);
		SAY(f->why, "%s", err->msg);
		SAY(f->cure,
		    wish_has(&spec->slot[i].wish, KEY_VF_OF)
			    ? err->code == EBUSY ? "stop one of them, or raise vfs in "
						   "hostpci.conf"
						 : "correct it"
		    : err->code == EBUSY ? "stop one of them, or add a 'map' line"
		    : wish_has(&spec->slot[i].wish, KEY_MAPPING)
			    ? "correct it; hostpci mapping check shows all"
			    : "correct it");
	}
}

void gate_check_config(const struct spec *spec, const struct facts *facts,
		       struct findings *findings)
{
	check_absent(spec, facts, findings);
	check_picks(spec, facts, findings);
	check_conflicts(spec, facts, findings);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/gate.h"

#include <string.h>

#include "base/say.h"
#include "plan/gate-claim.h"
#include "plan/gate-config.h"
#include "plan/gate-kernel.h"
#include "plan/gate-mdev.h"
#include "plan/gate-pf.h"
#include "plan/gate-vf-mac.h"
#include "plan/gate-vgpu.h"

struct gate {
	const struct spec *spec;
	const struct facts *facts;
	struct findings *findings;
};

static struct finding *find(struct gate *g, enum grade grade, const struct fact *fact)
{
	struct finding *f =
		findings_add(g->findings, grade, fact->slot, &fact->device.bdf);

	if (f)
		SAY(f->what, "%s", f->device);
	return f;
}

/* What the policy may allow: refused unless it does. */
static struct finding *ask(struct gate *g, const struct fact *fact)
{
	const struct bdf *bdf = &fact->device.bdf;
	bool allowed = spec_gate_warns(g->spec) ||
		       spec_allows(g->spec, (unsigned)fact->slot, bdf) ||
		       (fact->declared && address_list_has(&fact->declared->allow, bdf));

	struct finding *f = find(g, allowed ? GRADE_TELL : GRADE_ASK, fact);

	if (f)
		f->allowed = allowed;
	return f;
}

/* Ends the cure of what was asked: the line that allows it, and its file. What is allowed
 * needs none. */
static void say_allow(const struct gate *g, const struct fact *fact, struct finding *f)
{
	if (f->allowed)
		f->cure[0] = '\0';
	if (f->grade != GRADE_ASK)
		return;
	SAY_MORE(f->cure, "allow = [\"%s\"]; in ", f->device);
	if (fact->declared)
		SAY_MORE(f->cure, "its entry of drivers (%s:%u)", fact->declared->file,
			 fact->declared->line);
	else
		SAY_MORE(f->cure, "/etc/hostpci/vm/%u.conf", g->spec->vmid);
}

static void check_protect(struct gate *g, const struct fact *fact)
{
	struct finding *f;

	if (!spec_protects(g->spec, &fact->device.bdf))
		return;
	f = ask(g, fact);
	if (!f)
		return;
	SAY(f->why, "is protected by hostpci.conf");
	if (fact->declared)
		SAY(f->cure,
		    "take it out of protect, or out of drivers; or, if it is to have "
		    "driver %s all the same, ",
		    fact->declared->driver);
	else
		SAY(f->cure, "if VM %u is to have it all the same: ", g->spec->vmid);
	say_allow(g, fact, f);
}

static void check_iommu(struct gate *g)
{
	struct finding *f;

	if (g->facts->iommu || !g->facts->n || !fact_is_for_guest(&g->facts->fact[0]))
		return;
	f = findings_add(g->findings, GRADE_NEVER, -1, NULL);
	if (!f)
		return;
	SAY(f->what, "IOMMU");
	SAY(f->why, "is not at work (/sys/class/iommu is empty): no device can be given "
		    "to a machine");
	SAY(f->cure, "switch on VT-d or AMD-Vi in the firmware, on Intel before Linux "
		     "6.8 also add intel_iommu=on to the kernel's arguments, and reboot");
}

static void check_group(struct gate *g, const struct fact *fact)
{
	struct finding *f;

	if (!g->facts->iommu || fact->device.group >= 0 || fact->device.bridge ||
	    !fact_is_for_guest(fact))
		return;
	f = find(g, GRADE_NEVER, fact);
	if (!f)
		return;
	SAY(f->why, "is in no IOMMU group: the IOMMU does not cover it");
	SAY(f->cure,
	    "move the card to another slot, or look for a firmware update of the board");
}

static void check_bridge(struct gate *g, const struct fact *fact)
{
	struct finding *f;

	if (!fact->device.bridge)
		return;
	f = find(g, fact->wanted ? GRADE_NEVER : GRADE_TELL, fact);
	if (!f)
		return;
	if (!fact->wanted) {
		SAY(f->why,
		    "is a bridge in the same IOMMU group: it stays with the host");
		return;
	}
	SAY(f->why, "is a bridge: the kernel gives no bridge away");
	if (fact->declared)
		SAY(f->cure, "name the device behind it (lspci -tD shows the tree)");
	else
		SAY(f->cure,
		    "name the device behind it (lspci -tD shows the tree) as hostpci%d",
		    fact->slot);
}

/* The processor's and the chipset's own: the kernel would let them go. */
static void check_chipset(struct gate *g, const struct fact *fact)
{
	unsigned class = fact->device.class_code >> 8;
	struct finding *f;

	if ((class != 0x0600 && class != 0x0601) || fact->device.on_vfio ||
	    (!fact->wanted && !fact->declared))
		return;
	f = ask(g, fact);
	if (!f)
		return;
	SAY(f->why, "is a bridge of the host itself, to its %s",
	    class == 0x0600 ? "processors and memory"
			    : "firmware and onboard devices (ISA, LPC)");
	SAY(f->cure, "name the device that is meant (lspci -D lists all); or, if it is "
		     "this one, ");
	say_allow(g, fact, f);
}

static void check_claims(struct gate *g, const struct fact *fact)
{
	for (size_t i = 0; i < g->facts->claims; i++) {
		const struct claim *claim = &g->facts->claim[i];
		struct finding *f;

		if (!bdf_equal(&claim->bdf, &fact->device.bdf))
			continue;
		f = find(g, GRADE_NEVER, fact);
		if (!f)
			return;
		gate_say_claim(f, claim, !uuid_is_set(&claim->mdev));
	}
}

static void check_holding(struct gate *g, const struct fact *fact,
			  const struct holding *h)
{
	struct finding *f =
		h->grade == GRADE_ASK ? ask(g, fact) : find(g, h->grade, fact);

	if (!f)
		return;
	f->held = true;
	f->passing = h->passing;
	if (h->what[0])
		SAY(f->what, "%s", h->what);
	SAY(f->why, "%s", h->why);
	SAY(f->who, "%s", h->who);
	SAY(f->cure, "%s", h->cure);
	if (f->grade == GRADE_ASK)
		SAY_MORE(f->cure, "; or, if the host can do without it, ");
	say_allow(g, fact, f);
}

static void check_holdings(struct gate *g, const struct fact *fact)
{
	for (size_t i = 0; i < g->facts->holdings.n; i++)
		if (bdf_equal(&g->facts->holdings.item[i].bdf, &fact->device.bdf))
			check_holding(g, fact, &g->facts->holdings.item[i]);
}

static void check_locked(struct gate *g, const struct fact *fact)
{
	struct finding *f;

	if (!fact->device.locked)
		return;
	f = find(g, GRADE_NEVER, fact);
	if (!f)
		return;
	SAY(f->why, "is locked in the kernel: something is stuck on it");
	SAY(f->cure, "look for processes in state D (ps -eo pid,stat,wchan,args) and for "
		     "messages in dmesg");
}

static void check_vfs(struct gate *g, const struct fact *fact)
{
	struct finding *f;

	if (!fact->device.vfs)
		return;
	f = find(g, GRADE_NEVER, fact);
	if (!f)
		return;
	f->held = true;
	SAY(f->why, "has %u virtual function%s, which %s with it", fact->device.vfs,
	    fact->device.vfs == 1 ? "" : "s", fact->device.vfs == 1 ? "goes" : "go");
	SAY(f->cure,
	    "when nobody uses them: echo 0 > /sys/bus/pci/devices/%s/sriov_numvfs",
	    f->device);
}

static bool shares_slot(const struct facts *facts, const struct fact *sibling)
{
	for (unsigned i = 0; i < facts->n; i++)
		if (facts->fact[i].wanted &&
		    bdf_same_slot(&facts->fact[i].device.bdf, &sibling->device.bdf))
			return true;
	return false;
}

/* The functions of one card belong together; another card's driver may be in use. */
static void check_sibling(struct gate *g, const struct fact *fact)
{
	const struct device *d = &fact->device;
	bool same_card;
	struct finding *f;

	if (fact->wanted || !d->driver[0])
		return;
	same_card = shares_slot(g->facts, fact);
	f = same_card ? find(g, GRADE_TELL, fact) : ask(g, fact);
	if (!f)
		return;
	if (same_card) {
		SAY(f->why,
		    "is on driver %s and shares card and IOMMU group: it comes along and "
		    "goes back",
		    d->driver);
		return;
	}
	SAY(f->why,
	    "is on host driver %s and shares IOMMU group %d: it would be taken from the "
	    "host",
	    d->driver, d->group);
	SAY(f->cure,
	    "name it in the machine's configuration too (hostpciN: %s), unbind it from "
	    "%s, move the card to another slot, or, if the host can do without it, ",
	    f->device, d->driver);
	say_allow(g, fact, f);
}

static void check_kept(struct gate *g, const struct fact *fact)
{
	struct finding *f;

	if (!fact->wanted || fact->device.on_vfio)
		return;
	f = find(g, GRADE_NEVER, fact);
	if (!f)
		return;
	SAY(f->why, "is to keep its driver, but %s is no vfio driver",
	    fact->device.driver[0] ? fact->device.driver : "none");
	SAY(f->cure, "bind its vfio driver first, or take driver=keep out of hostpci%d",
	    fact->slot);
}

void gate_check(const struct spec *spec, const struct facts *facts,
		struct findings *findings)
{
	struct gate g = {spec, facts, findings};

	gate_check_config(spec, facts, findings);
	gate_check_vgpu_names(spec, facts, findings);
	check_iommu(&g);
	gate_check_override(facts, findings);
	gate_check_pfs(spec, facts, findings);
	gate_check_vf_macs(spec, facts, findings);
	gate_check_mdevs(spec, facts, findings);
	for (unsigned i = 0; i < facts->n; i++) {
		const struct fact *fact = &facts->fact[i];

		check_bridge(&g, fact);
		check_claims(&g, fact);
		if (fact->device.bridge)
			continue;
		check_protect(&g, fact);
		check_chipset(&g, fact);
		if (fact->device.coming) /* it is judged when it is there */
			continue;
		check_group(&g, fact);
		if (fact->vgpu_type[0]) {
			check_locked(&g, fact);
			check_holdings(&g, fact);
			gate_check_vgpu(facts, fact, findings);
			continue;
		}
		if (spec_keeps_driver(spec, (unsigned)fact->slot)) {
			check_kept(&g, fact);
			continue;
		}
		check_locked(&g, fact);
		check_holdings(&g, fact);
		gate_check_vgpu(facts, fact, findings);
		/* Whatever its driver: it is reset for its machine. */
		if (fact->wanted || fact->declared || !fact->device.on_vfio)
			check_vfs(&g, fact);
		if (fact->device.on_vfio && !fact->declared)
			continue;
		if (fact_is_for_guest(fact))
			gate_check_kernel(facts, fact, findings);
		check_sibling(&g, fact);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/gate-kernel.h"

#include "base/say.h"

static struct finding *find(struct findings *findings, enum grade grade,
			    const struct fact *fact)
{
	struct finding *f = findings_add(findings, grade, fact->slot, &fact->device.bdf);

	if (f)
		SAY(f->what, "%s", f->device);
	return f;
}

static void check_denylist(const struct facts *facts, const struct fact *fact,
			   struct findings *findings)
{
	struct finding *f;

	if (facts->denylist == DENYLIST_OFF || !denylist_has(&fact->device))
		return;
	/* Not loaded: it may be told to take it when it is. */
	f = find(findings, facts->denylist == DENYLIST_ON ? GRADE_NEVER : GRADE_TELL,
		 fact);
	if (!f)
		return;
	SAY(f->why,
	    "is on vfio-pci's denylist: its errata let a guest hang the host, so the "
	    "kernel refuses it");
	SAY(f->cure,
	    "if you trust the guest: options vfio-pci disable_denylist=1 in "
	    "/etc/modprobe.d/, and load vfio-pci anew (a reboot, if it is in use)");
}

/* Since Linux 6.7 the kernel refuses to attach such a group (iommu.c, require_direct). */
static void check_direct(const struct fact *fact, struct findings *findings)
{
	struct finding *f;

	if (!fact->direct[0])
		return;
	f = find(findings, GRADE_NEVER, fact);
	if (!f)
		return;
	SAY(f->why,
	    "is used by the firmware, which wants memory %s mapped for it (RMRR): the "
	    "kernel gives no guest such a device",
	    fact->direct);
	SAY(f->cure, "switch off in the firmware's setup what uses it (HPE calls it "
		     "RMRDS), or put "
		     "the card into another slot");
}

void gate_check_kernel(const struct facts *facts, const struct fact *fact,
		       struct findings *findings)
{
	check_denylist(facts, fact, findings);
	check_direct(fact, findings);
}

void gate_check_override(const struct facts *facts, struct findings *findings)
{
	struct finding *f;

	if (!facts->acs_override || !facts->n)
		return;
	f = findings_add(findings, GRADE_TELL, -1, NULL);
	if (!f)
		return;
	SAY(f->what, "IOMMU groups");
	SAY(f->why,
	    "may be split where the hardware does not keep devices apart "
	    "(pcie_acs_override on the kernel's command line): a guest could reach into "
	    "its neighbours' memory");
	SAY(f->cure, "give away only to guests that you trust, or remove it");
}

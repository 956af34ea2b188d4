/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/gate-vf-mac.h"

#include "base/say.h"
#include "host/vf-mac.h"

static void check_claim(const struct fact *fact, const struct claim *claim,
			struct findings *findings)
{
	struct finding *f =
		findings_add(findings, GRADE_NEVER, fact->slot, &fact->device.bdf);

	if (!f)
		return;
	f->passing = claim->passing;
	SAY(f->what, "mac = %s", MAC(&claim->mac));
	SAY(f->why,
	    "is the address of VM %u's virtual function %s as well: each would get what "
	    "is for the other",
	    claim->vmid, BDF(&claim->bdf));
	SAY(f->who, "VM %u", claim->vmid);
	SAY(f->cure, "write another address, or \"auto\", or stop VM %u first",
	    claim->vmid);
}

void gate_check_vf_macs(const struct spec *spec, const struct facts *facts,
			struct findings *findings)
{
	for (size_t i = 0; i < facts->claims; i++) {
		const struct claim *claim = &facts->claim[i];
		const struct fact *fact =
			mac_is_unicast(&claim->mac)
				? vf_mac_find(spec, facts, &claim->mac, NULL)
				: NULL;

		/* Of the function itself the claim is told. */
		if (fact && !bdf_equal(&fact->device.bdf, &claim->bdf))
			check_claim(fact, claim, findings);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another machine holds, in words. */
#include "plan/gate-claim.h"

#include "base/say.h"
#include "base/vmid.h"

static void say_reserved(struct finding *f, const struct claim *claim)
{
	SAY(f->why, "is reserved by VM %u, which is starting", claim->vmid);
	SAY(f->cure, "stop VM %u, or try again in a while", claim->vmid);
}

/* It is Proxmox that says so: no journal of ours has anything to give back. */
static void say_running(struct finding *f, const struct claim *claim)
{
	SAY(f->why, "is in use by VM %u, which runs", claim->vmid);
	SAY(f->cure, "stop VM %u first", claim->vmid);
}

static void say_damaged(struct finding *f, const struct claim *claim)
{
	char name[16] = "host";

	if (claim->vmid)
		(void)snprintf(name, sizeof(name), "%u", claim->vmid);
	SAY(f->why,
	    "may be held by %s, whose journal cannot be read "
	    "(/run/hostpci/vm/%s%s%s.journal)",
	    OWNER(claim->vmid), name, claim->scope ? "." : "", scope_words[claim->scope]);
	SAY(f->cure,
	    "give back what it names as hostpci-journal(5) says, then remove it");
}

static void say_shared(struct finding *f, const struct claim *claim)
{
	SAY(f->why, "has virtual functions that VM %u has", claim->vmid);
	SAY(f->cure, "stop VM %u first", claim->vmid);
}

static void say_held(struct finding *f, const struct claim *claim, bool itself)
{
	if (!claim->vmid && claim->scope == SCOPE_REBIND) {
		SAY(f->why, "is being given the driver that hostpci.conf declares "
			    "(hostpci boot)");
		SAY(f->cure, "try again when that is done; if it was cut off: hostpci "
			     "sweep");
		return;
	}
	if (!claim->vmid) { /* a mediated device that an administrator is at */
		SAY(f->why, "%s by hand (hostpci mdev)",
		    itself ? "is being made or removed"
			   : "has a mediated device that is being made or removed");
		SAY(f->cure,
		    "try again when that is done; if it was cut off: hostpci sweep");
		return;
	}
	SAY(f->why, itself ? "is held by VM %u" : "has a mediated device of VM %u",
	    claim->vmid);
	SAY(f->cure, "stop VM %u first; if it does not run any more: hostpci release %u",
	    claim->vmid, claim->vmid);
}

void gate_say_claim(struct finding *f, const struct claim *claim, bool itself)
{
	f->held = true;
	f->passing = claim->passing;
	SAY(f->who, "%s", OWNER(claim->vmid));
	if (claim->kind == CLAIM_RESERVED) {
		say_reserved(f, claim);
	} else if (claim->kind == CLAIM_RUNNING) {
		say_running(f, claim);
	} else if (claim->kind == CLAIM_DAMAGED) {
		say_damaged(f, claim);
	} else if (claim->kind == CLAIM_SHARED) {
		say_shared(f, claim);
	} else if (claim->parked) {
		SAY(f->why, "is kept for VM %u, which has stopped", claim->vmid);
		SAY(f->cure, "hostpci release %u", claim->vmid);
	} else {
		say_held(f, claim, itself);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/mac.h"
#include "base/scope.h"
#include "base/uuid.h"

/* By what another machine holds a device. */
enum claim_kind {
	CLAIM_JOURNAL,	/* our journal of it */
	CLAIM_RESERVED, /* Proxmox's reservation of a machine that starts */
	CLAIM_RUNNING,	/* Proxmox's reservation of a machine that runs */
	CLAIM_DAMAGED,	/* perhaps: our journal of it cannot be read */
	CLAIM_HOST,	/* nobody's: the host uses it */
	CLAIM_SHARED,	/* our journal of it has virtual functions of it */
};

/* A device that another machine holds. */
struct claim {
	struct bdf bdf;
	struct uuid mdev; /* only this mediated device on it; empty: the function */
	uint32_t vmid;
	enum scope scope; /* of its journal */
	bool parked;	  /* its machine has stopped; release gives it back */
	bool passing;	  /* its machine is on its way out, and gives it back by itself */
	bool changing;	  /* CLAIM_SHARED: it is making or removing them */
	bool is_vf;	  /* a virtual function, of @vf_of */
	struct bdf vf_of;
	struct mac mac; /* that is set of it; zero: none */
	enum claim_kind kind;
};

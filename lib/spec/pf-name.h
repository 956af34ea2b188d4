/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/err.h"
#include "base/limits.h"

/* By what a policy names physical functions; all that fit are meant. */
enum pf_name_kind {
	PF_NAME_ADDRESS, /* 0000:01:00.0, or 01:00.0 */
	PF_NAME_ID,	 /* id=8086:10c9, vendor and device */
	PF_NAME_SERIAL,	 /* serial=52-54-00-ff-ff-12-34-56, of the card or the disk */
	PF_NAME_MAC,	 /* mac=52:54:00:12:34:56, of its network interface */
	PF_NAME_NETDEV,	 /* netdev=enp1s0f0 */
	PF_NAME_SLOT,	 /* slot=5, as in /sys/bus/pci/slots */
	_PF_NAME_MAX,
};

struct pf_name {
	enum pf_name_kind kind;
	struct bdf bdf;	       /* PF_NAME_ADDRESS */
	char text[LIMIT_NAME]; /* what stands behind the '=', in lower case */
};

#define PF_NAME_FORM \
	"an address like 01:00.0, or id=VENDOR:DEVICE, serial=, mac=, netdev= or slot="

/* -EINVAL: it is none of these. */
int pf_name_parse(const char *text, struct pf_name *ret) _must_check_;
bool pf_name_equal(const struct pf_name *a, const struct pf_name *b);

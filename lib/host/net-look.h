/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <net/if.h>

#include "base/root.h"

/*
 * The look LOOK_NET, in a child: rtnetlink answers under a lock that a driver may keep.
 * Its request is a line with the index of each interface, its answer a line
 * "KIND INDEX TEXT" for what leads over them, the weightier kinds first:
 *   default   a default route; TEXT is its gateway, or empty
 *   session   an established connection to this host's ssh or web interface, TEXT from
 *   address   an address other than a link-local one
 *   route     a route other than those of the addresses
 *   filter    an address of Ethernet, TEXT, that is let in for somebody on top of it
 * At most one a kind and interface; -ENOSPC: they do not fit, ask for fewer. A moved root
 * has no network: nothing leads anywhere.
 */
int net_look(const struct root *root, const char *request, char *buf, size_t size);

/* Reads one line of an answer and moves *@text behind it; false: there is none. */
struct net_line {
	char kind[16];
	unsigned index;
	char text[64];
};
bool net_look_next(const char **text, struct net_line *ret);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

/* An Ethernet address. */
struct mac {
	uint8_t byte[6];
};

enum { MAC_TEXT = sizeof("00:00:00:00:00:00") };

/* Exactly six pairs of hexadecimal digits with ':' between. -EINVAL: anything else. */
int mac_parse(const char *text, struct mac *ret) _must_check_;
/* In lower case, into @buf; returns @buf. */
const char *mac_format(const struct mac *mac, char buf[static MAC_TEXT]);
/* One that an interface can have: neither zero nor a group's. */
bool mac_is_unicast(const struct mac *mac);

static inline bool mac_equal(const struct mac *a, const struct mac *b)
{
	return !memcmp(a->byte, b->byte, sizeof(a->byte));
}

/* Formats into a temporary that lives until the end of the enclosing block. */
#define MAC(m) mac_format((m), (char[MAC_TEXT]){0})

/*
 * The locally administered address of virtual function @index of the card whose own
 * address, from the factory, is @card: always the same, on every host.
 */
struct mac mac_derive(const struct mac *card, unsigned index);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/key.h"

/* One key=value of a property string. */
struct property {
	const char *name;
	const char *value;
};

enum { PROPSTRING_MAX = 32 }; /* no format has as many keys */

/*
 * Splits Proxmox's "VALUE,KEY=VALUE,..." in place (pve-common,
 * PVE::JSONSchema::parse_property_string). A part without '=' is the value of @bare.
 * Empty parts are skipped, a key may stand once. Returns how many there are; -EINVAL with
 * words.
 */
int propstring_split(char *text, const char *bare, struct property ret[PROPSTRING_MAX],
		     struct err *err) _must_check_;

/* Parses the value of a hostpciN line, "01:00.0,pcie=1", into @wish. -EINVAL with words;
 * @wish is then undefined. */
int propstring_parse(const char *text, struct wish *wish, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/key.h"

/* One key=value of a property string. */
struct property {
	const char
		*name; /* NULL: it has none, and is the value of the format's bare key */
	const char *value;
};

enum { PROPSTRING_MAX = 32 }; /* no format has as many keys */

/*
 * Cuts the next part off Proxmox's "VALUE,KEY=VALUE,..." in @rest, in place (pve-common,
 * PVE::JSONSchema::parse_property_string). Empty parts are skipped. 1, or 0: there is no
 * more; -EINVAL with words.
 */
int propstring_next(char **rest, struct property *ret, struct err *err) _must_check_;

/* What Perl takes for a value that is not there. Proxmox lets a bare value replace one,
 * so 0,01:00.0 is well formed and 01:00.0,01:00.1 is not. */
bool propstring_is_false(const char *value);
/* -EINVAL: says that @name is given twice. */
int propstring_twice(const char *name, struct err *err);

/*
 * All parts of @text, in place. One without a name is the value of @bare; a key may stand
 * once. Returns how many there are; -EINVAL with words.
 */
int propstring_split(char *text, const char *bare, struct property ret[PROPSTRING_MAX],
		     struct err *err) _must_check_;

/* Parses the value of a hostpciN line, "01:00.0,pcie=1", into @wish. -EINVAL with words;
 * -E2BIG, -ERANGE: Proxmox takes it, but it is more than our limits. @wish is then
 * undefined. */
int propstring_parse(const char *text, struct wish *wish, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/key.h"

/*
 * Parses Proxmox's property string "01:00.0,pcie=1" into @wish (pve-common,
 * PVE::JSONSchema::parse_property_string; a word without '=' is host=). Empty parts are
 * skipped, a key may stand once. -EINVAL with words; @wish is then undefined.
 */
int propstring_parse(const char *text, struct wish *wish, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/facts.h"

/*
 * Prints one <hostdev managed='yes'> element a function that @spec names, for a libvirt
 * domain (libvirt, formatdomain: Host device assignment). Functions of one hostpciN share
 * a slot of the guest, with pcie behind a root port that libvirt adds. What libvirt
 * cannot say (x-vga, id overrides) becomes a note. -ENODEV: an address of the
 * configuration is no device of this host.
 */
int libvirt_xml(const struct spec *spec, const struct facts *facts, FILE *out,
		struct notes *notes, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

#include <stdint.h>

/*
 * "Intel Corporation 82576 Virtual Function" for people, from libpci's list of ids;
 * libpci is loaded at the first call. Empty where it is missing or knows no name. Returns
 * @buf.
 */
const char *pci_name(const struct root *root, uint16_t vendor, uint16_t product,
		     char *buf, size_t size);

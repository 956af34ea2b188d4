/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

enum { SHA1_TEXT = 41 };

/* SHA-1 of @data as 40 lower-case hexadecimal digits (RFC 3174): Proxmox names the state
 * of a config file by it. Returns @buf. */
const char *sha1_text(const void *data, size_t size, char buf[static SHA1_TEXT]);

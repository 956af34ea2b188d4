/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* What the key table asks of the texts that are no type of their own. */
bool key_valid_id(const char *s);
bool key_valid_file(const char *s);
bool key_valid_mdev(const char *s);
bool key_valid_hex16(const char *s);
bool key_valid_program(const char *s);
bool key_valid_hook(const char *s);
bool key_valid_pf(const char *s);
bool key_valid_mac(const char *s);
bool key_valid_vf_attribute(const char *s);

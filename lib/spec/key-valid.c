/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/key-valid.h"

#include <ctype.h>
#include <string.h>

#include "base/mac.h"
#include "spec/pf-name.h"
#include "spec/storage.h"
#include "spec/vf-attribute.h"

/* pve-configid: a letter, then letters, digits, - and _ (pve-common, JSONSchema). */
bool key_valid_id(const char *s)
{
	size_t n = strlen(s);

	if (n < 2 || !isalpha((unsigned char)s[0]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
			return false;
	return true;
}

bool key_valid_file(const char *s)
{
	return !s[strcspn(s, ",;\n")];
}

bool key_valid_mdev(const char *s)
{
	return s[0] && !s[strcspn(s, "/.:")];
}

bool key_valid_hex16(const char *s)
{
	return !strncmp(s, "0x", 2) && strlen(s) == 6 &&
	       strspn(s + 2, "0123456789abcdefABCDEF") == 4;
}

bool key_valid_program(const char *s)
{
	return s[0] == '/' && s[1];
}

/* Ours would call itself. */
bool key_valid_hook(const char *s)
{
	const char *name = strrchr(s, '/');
	struct volume volume;

	if (!name || !name[1] || !strcmp(name + 1, "hostpci-hook"))
		return false;
	return s[0] == '/' || volume_parse(s, &volume) == 0;
}

bool key_valid_pf(const char *s)
{
	struct pf_name name;

	return pf_name_parse(s, &name) == 0;
}

bool key_valid_mac(const char *s)
{
	struct mac mac;

	return !strcmp(s, "auto") || (mac_parse(s, &mac) == 0 && mac_is_unicast(&mac));
}

bool key_valid_vf_attribute(const char *s)
{
	struct vf_attribute attribute;

	return vf_attribute_parse(s, '=', &attribute) == 0;
}

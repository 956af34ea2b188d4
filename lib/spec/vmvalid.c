/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmvalid.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/number.h"
#include "spec/vmformat.h"
#include "spec/vmoption.h"

bool valid_config_id(const char *s)
{
	return vmformat_matches("[a-zA-Z][a-zA-Z0-9_-]+", s);
}

bool valid_storage_id(const char *s)
{
	return vmformat_matches("[a-zA-Z][a-zA-Z0-9_.-]*[a-zA-Z0-9]", s);
}

bool valid_volume(const char *s)
{
	return vmformat_matches("[a-zA-Z][a-zA-Z0-9_.-]*[a-zA-Z0-9]:.+", s);
}

bool valid_volume_or_path(const char *s)
{
	return s[0] == '/' || !strcmp(s, "none") || !strcmp(s, "cdrom") ||
	       valid_volume(s);
}

bool valid_url_encoded(const char *s)
{
	return vmformat_matches("[-%a-zA-Z0-9_.!~*'()]*", s);
}

#define LABEL "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"

bool valid_dns_name(const char *s)
{
	return vmformat_matches("(" LABEL "\\.)*" LABEL, s);
}

static bool valid_tag(const char *s)
{
	return vmformat_matches("[a-zA-Z0-9_][a-zA-Z0-9_+.-]*", s);
}

bool valid_ipv4(const char *s)
{
	return inet_pton(AF_INET, s, &(struct in_addr){0}) == 1;
}

bool valid_ipv6(const char *s)
{
	return inet_pton(AF_INET6, s, &(struct in6_addr){0}) == 1;
}

static bool valid_address(const char *s)
{
	return valid_ipv4(s) || valid_ipv6(s) || valid_dns_name(s);
}

/* ADDRESS/BITS, with 8 to @most bits. */
static bool valid_network(const char *s, bool (*address)(const char *), uint64_t most)
{
	const char *slash = strchr(s, '/');
	char copy[INET6_ADDRSTRLEN];
	uint64_t bits;

	if (!slash || number_parse(slash + 1, most, &bits) < 0 || bits < 8)
		return false;
	return (size_t)snprintf(copy, sizeof(copy), "%.*s", (int)(slash - s), s) <
		       sizeof(copy) &&
	       address(copy);
}

bool valid_ipv4_config(const char *s)
{
	return vmformat_word("dhcp|manual", s) || valid_network(s, valid_ipv4, 32);
}

bool valid_ipv6_config(const char *s)
{
	return vmformat_word("auto|dhcp|manual", s) || valid_network(s, valid_ipv6, 128);
}

/* An empty list is a list. */
static bool all_words(const char *s, bool (*valid)(const char *))
{
	const char *word;
	size_t n;

	while ((word = vmoption_word(&s, &n))) {
		_cleanup_free_ char *copy = strndup(word, n);

		if (!copy || !valid(copy))
			return false;
	}
	return true;
}

bool valid_volume_list(const char *s)
{
	return all_words(s, valid_volume);
}

bool valid_address_list(const char *s)
{
	return all_words(s, valid_address);
}

bool valid_tag_list(const char *s)
{
	return all_words(s, valid_tag);
}

/* The parts of "a,b,c", all of which must match; trailing commas do not count. */
static bool all_parts(const char *s, const char *pattern)
{
	_cleanup_free_ char *copy = strdup(s);
	char *rest = copy, *part;

	for (size_t n = copy ? strlen(copy) : 0; n && copy[n - 1] == ','; n--)
		copy[n - 1] = '\0';
	while ((part = strsep(&rest, ",")))
		if (!vmformat_matches(pattern, part))
			return false;
	return copy != NULL;
}

static bool ranges_rise(const char *s)
{
	for (; *s; s += strcspn(s, ","), s += *s == ',') {
		char *end;
		unsigned long from = strtoul(s, &end, 10);

		if (*end == '-' && strtoul(end + 1, NULL, 10) < from)
			return false;
	}
	return true;
}

bool valid_cpu_set(const char *s)
{
	return all_parts(s, "[[:space:]]*[0-9]+(-[0-9]+)?[[:space:]]*") && ranges_rise(s);
}

bool valid_startup(const char *s)
{
	return strcmp(s, "0") != 0 &&
	       all_parts(s, "[[:space:]]*|(order=)?[0-9]+|up=[0-9]+|down=[0-9]+");
}

static bool valid_hotplug_word(const char *s)
{
	return vmformat_word("network|disk|cpu|memory|usb|cloudinit", s);
}

bool valid_hotplug(const char *s)
{
	return !strcmp(s, "0") || !strcmp(s, "1") || all_words(s, valid_hotplug_word);
}

bool valid_boot_disk(const char *s)
{
	return vmoption_is_drive(s);
}

static bool valid_boot_device(const char *s)
{
	const struct vmoption *o = vmoption_find(s);

	if (!o || !strncmp(s, "efidisk", 7) || !strncmp(s, "tpmstate", 8))
		return false;
	return vmoption_is_drive(s) ||
	       (o->count && vmformat_word("net|usb|hostpci", o->name));
}

bool valid_boot_devices(const char *s)
{
	return all_words(s, valid_boot_device);
}

/* The models of QEMU 11 and of Proxmox, by family; "custom-NAME" is defined elsewhere. */
bool valid_cpu_type(const char *s)
{
	static const char *const patterns[] = {
		"host|max|(kvm|qemu)(32|64)|x86-64-v(2|2-AES|3|4)|custom-.*",
		"486|pentium[23]?|core(2)?duo|Conroe|Penryn|athlon|phenom|Opteron_G[1-5]",
		"(Nehalem|Westmere|SandyBridge|IvyBridge)(-IBRS)?",
		"(Haswell|Broadwell)(-noTSX)?(-IBRS)?",
		"Skylake-(Client|Server)(-IBRS|-noTSX-IBRS|-v4)?|Skylake-Server-v5",
		"Cascadelake-Server(-v2|-noTSX|-v4|-v5)?|Cooperlake(-v2)?|KnightsMill",
		"Icelake-(Client|Server)(-noTSX)?|Icelake-Server-v[3-7]",
		"SapphireRapids(-v[234])?|GraniteRapids(-v[23])?",
		"SierraForest(-v[23])?|ClearwaterForest",
		"EPYC(-IBPB|-v[345])?|EPYC-Rome(-v[2-5])?|EPYC-Milan(-v[23])?",
		"EPYC-Genoa(-v2)?|EPYC-Turin",
	};

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (vmformat_matches(patterns[i], s))
			return true;
	return false;
}

bool valid_phys_bits(const char *s)
{
	uint64_t bits;

	if (!strcmp(s, "host"))
		return true;
	return strlen(s) <= 2 && number_parse(s, 64, &bits) == 0 && bits >= 8;
}

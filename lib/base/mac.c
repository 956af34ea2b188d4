/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mac.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/sha1.h"

static unsigned digit(char c)
{
	return (unsigned)(isdigit((unsigned char)c)
				  ? c - '0'
				  : tolower((unsigned char)c) - 'a' + 10);
}

/* Pairs of digits with @skip characters between them. */
static void read_pairs(const char *text, size_t skip, struct mac *ret)
{
	for (size_t i = 0; i < sizeof(ret->byte); i++, text += 2 + skip)
		ret->byte[i] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
}

int mac_parse(const char *text, struct mac *ret)
{
	if (strlen(text) != MAC_TEXT - 1)
		return -EINVAL;
	for (size_t i = 0; i < MAC_TEXT - 1; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return -EINVAL;
	read_pairs(text, 1, ret);
	return 0;
}

const char *mac_format(const struct mac *mac, char buf[static MAC_TEXT])
{
	const uint8_t *b = mac->byte;

	(void)snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
		       b[3], b[4], b[5]);
	return buf;
}

bool mac_is_unicast(const struct mac *mac)
{
	static const struct mac zero;

	return !(mac->byte[0] & 1) && memcmp(mac, &zero, sizeof(zero)) != 0;
}

/* Hashed: the ports of a card have addresses that follow each other. */
struct mac mac_derive(const struct mac *card, unsigned index)
{
	char text[64], digest[SHA1_TEXT];
	struct mac mac;

	(void)snprintf(text, sizeof(text), "hostpci %s vf %u", MAC(card), index);
	read_pairs(sha1_text(text, strlen(text), digest), 0, &mac);
	mac.byte[0] = (uint8_t)((mac.byte[0] & ~1U) | 2U);
	return mac;
}

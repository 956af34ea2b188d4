/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bdf.h"

#include <errno.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Reads up to @max lower-case hexadecimal digits; returns how many there were. */
static size_t hex_read(const char *s, size_t max, uint32_t *ret)
{
	uint32_t value = 0;
	size_t n = 0;

	while (n < max && hex_digit(s[n]) >= 0)
		value = value << 4 | (uint32_t)hex_digit(s[n++]);
	*ret = value;
	return n;
}

int bdf_parse(const char *text, struct bdf *ret)
{
	uint32_t domain, bus, slot;
	const char *s = text;
	size_t n;

	n = hex_read(s, 8, &domain);
	if (n < 4 || s[n] != ':')
		return -EINVAL;
	s += n + 1;
	if (hex_read(s, 2, &bus) != 2 || s[2] != ':')
		return -EINVAL;
	s += 3;
	if (hex_read(s, 2, &slot) != 2 || s[2] != '.' || slot > 0x1f)
		return -EINVAL;
	s += 3;
	if (s[0] < '0' || s[0] > '7' || s[1])
		return -EINVAL;

	*ret = (struct bdf){
		.domain = domain,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)(s[0] - '0'),
	};
	return 0;
}

static char *hex_write(char *at, uint32_t value, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";

	while (digits-- > 0)
		*at++ = hex[value >> 4 * digits & 0xf];
	return at;
}

/* By hand: a start makes some hundred paths with it. */
const char *bdf_format(const struct bdf *bdf, char buf[static BDF_TEXT])
{
	unsigned digits = 4;
	char *at = buf;

	while (digits < 8 && bdf->domain >> 4 * digits)
		digits++;
	at = hex_write(at, bdf->domain, digits);
	*at++ = ':';
	at = hex_write(at, bdf->bus, 2);
	*at++ = ':';
	at = hex_write(at, bdf->slot & 0x1fU, 2);
	*at++ = '.';
	*at++ = (char)('0' + (bdf->function & 7U));
	*at = '\0';
	return buf;
}

bool bdf_same_slot(const struct bdf *a, const struct bdf *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}

bool bdf_equal(const struct bdf *a, const struct bdf *b)
{
	return bdf_same_slot(a, b) && a->function == b->function;
}

int bdf_compare(const struct bdf *a, const struct bdf *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return (int)a->function - (int)b->function;
}

bool bdf_is_none(const struct bdf *bdf)
{
	return bdf_equal(bdf, &(struct bdf){0});
}

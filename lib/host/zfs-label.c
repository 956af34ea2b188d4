/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/zfs-label.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* nvpair.h: the encoding of the first byte, and the type of a text. */
enum { NV_ENCODE_XDR = 1, DATA_TYPE_STRING = 9 };

/* Four bytes, the highest first; 0 beyond the end, which ends a list as well. */
static uint32_t word(const unsigned char *data, size_t size, size_t at)
{
	if (at > size || size - at < 4)
		return 0;
	return (uint32_t)data[at] << 24 | (uint32_t)data[at + 1] << 16 |
	       (uint32_t)data[at + 2] << 8 | data[at + 3];
}

static size_t padded(uint32_t n)
{
	return ((size_t)n + 3) & ~(size_t)3;
}

/* True if the text at @at is @want: its length, then its bytes. */
static bool is_text(const unsigned char *data, size_t size, size_t at, const char *want)
{
	size_t n = strlen(want);

	return word(data, size, at) == n && size - at - 4 >= n &&
	       !memcmp(data + at + 4, want, n);
}

int zfs_label_pool(const void *label, size_t size, char *ret, size_t ret_size)
{
	const unsigned char *data = label;
	/* Encoding, byte order and two reserved bytes; version; flags. */
	size_t at = 12;
	uint32_t length;

	if (size < at || data[0] != NV_ENCODE_XDR)
		return -ENODATA;
	while ((length = word(data, size, at)) >= 12 && length <= size - at) {
		/* Its size as it is here and in memory; name; type; how many; value. */
		size_t value = at + 12 + padded(word(data, size, at + 8));
		uint32_t n = word(data, size, value + 8);

		if (is_text(data, size, at + 8, "name") &&
		    word(data, size, value) == DATA_TYPE_STRING && n && n < ret_size &&
		    value + 12 + n <= size) {
			memcpy(ret, data + value + 12, n);
			ret[n] = '\0';
			return 0;
		}
		at += length;
	}
	return -ENODATA;
}

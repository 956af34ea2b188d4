/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/zfs-label.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size); /* a copy, so that ASAN sees its end */
	char pool[16];

	memset(pool, 'x', sizeof(pool));
	if (zfs_label_pool(text, size, pool, sizeof(pool)) == 0)
		HOLDS(memchr(pool, '\0', sizeof(pool)));
	free(text);
	return 0;
}

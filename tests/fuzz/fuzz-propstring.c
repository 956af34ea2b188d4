/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/propstring.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	static struct wish wish;
	struct err err = {0};

	if (propstring_parse(text, &wish, &err) < 0)
		HOLDS(err.code && err.msg[0]);
	else
		for (unsigned i = 0; i < _KEY_MAX; i++) {
			const struct key *key = &key_table[i];

			/* Only what a line may say, and texts that end. */
			HOLDS(!wish_has(&wish, i) || key->where & KEY_IN_PROXMOX);
			if (wish_has(&wish, i) && key->type == KEY_TYPE_TEXT)
				HOLDS(strlen((char *)&wish + key->offset) <
				      (size_t)key->max);
		}
	free(text);
	return 0;
}

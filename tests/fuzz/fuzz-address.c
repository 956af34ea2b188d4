/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bdf.h"
#include "base/name.h"
#include "base/vmid.h"
#include "spec/address.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct address_list list;
	struct bdf bdf, again;
	struct err err = {0};
	uint32_t vmid;

	if (bdf_parse(text, &bdf) == 0) {
		HOLDS(bdf.slot < 32 && bdf.function < 8);
		HOLDS(bdf_parse(BDF(&bdf), &again) == 0);
		HOLDS(bdf_equal(&bdf, &again));
		HOLDS(name_valid(text));
	}
	if (address_list_parse(text, &list, &err) == 0) {
		HOLDS(list.n > 0 && list.n <= LIMIT_ADDRESSES);
		for (unsigned i = 0; i < list.n; i++)
			HOLDS(strlen(list.item[i].text) < sizeof(list.item[i].text));
	} else {
		HOLDS(err.code && err.msg[0]);
	}
	if (vmid_parse(text, &vmid) == 0)
		HOLDS(vmid >= VMID_MIN && vmid <= VMID_MAX);
	free(text);
	return 0;
}

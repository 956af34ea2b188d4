/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vf-mac.h"

bool vf_mac_fixed(const struct spec *spec, const struct fact *fact, struct mac *ret)
{
	const struct wish *wish;
	struct wish room;

	if (!fact->wanted || !scope_has(spec->scope, SCOPE_SRIOV))
		return false;
	wish = fact_wish(spec, fact, &room);
	return wish_has(wish, KEY_MAC) && mac_parse(wish->mac, ret) == 0;
}

const struct fact *vf_mac_find(const struct spec *spec, const struct facts *facts,
			       const struct mac *mac, const struct fact *but)
{
	for (unsigned i = 0; i < facts->n; i++) {
		struct mac fixed;

		if (&facts->fact[i] != but &&
		    vf_mac_fixed(spec, &facts->fact[i], &fixed) && mac_equal(&fixed, mac))
			return &facts->fact[i];
	}
	return NULL;
}

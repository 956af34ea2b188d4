/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others say, which is added to facts before they are resolved. */
#include <errno.h>

#include "host/facts.h"

int facts_add_claim(struct facts *facts, const struct claim *claim)
{
	struct claim *grown = realloc(facts->claim, (facts->claims + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	facts->claim = grown;
	facts->claim[facts->claims++] = *claim;
	return 0;
}

int facts_add_own(struct facts *facts, const struct bdf *bdf)
{
	struct bdf *grown = realloc(facts->own, (facts->owns + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	facts->own = grown;
	facts->own[facts->owns++] = *bdf;
	return 0;
}

int facts_add_past(struct facts *facts, const struct pf_past *past)
{
	struct pf_past *grown = realloc(facts->past, (facts->pasts + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	facts->past = grown;
	facts->past[facts->pasts++] = *past;
	return 0;
}

bool facts_has_past(const struct facts *facts, const struct bdf *pf, bool own)
{
	for (size_t i = 0; i < facts->pasts; i++)
		if (facts->past[i].own == own && bdf_equal(&facts->past[i].bdf, pf))
			return true;
	return false;
}

const struct claim *facts_claim(const struct facts *facts, const struct bdf *bdf)
{
	for (size_t i = 0; i < facts->claims; i++)
		if (bdf_equal(&facts->claim[i].bdf, bdf))
			return &facts->claim[i];
	return NULL;
}

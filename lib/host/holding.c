/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/holding.h"

struct holding *holdings_add(struct holdings *holdings, const struct bdf *bdf,
			     enum grade grade)
{
	struct holding *grown =
		realloc(holdings->item, (holdings->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	holdings->item = grown;
	grown += holdings->n++;
	*grown = (struct holding){.bdf = *bdf, .grade = grade};
	return grown;
}

void holdings_free(struct holdings *holdings)
{
	free(holdings->item);
	*holdings = (struct holdings){0};
}

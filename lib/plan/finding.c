/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/finding.h"

struct finding *findings_add(struct findings *findings, enum grade grade, int slot,
			     const struct bdf *bdf)
{
	struct finding *grown =
		realloc(findings->item, (findings->n + 1) * sizeof(*grown));

	findings->refused |= grade != GRADE_TELL || !grown;
	if (!grown)
		return NULL;
	findings->item = grown;
	grown += findings->n++;
	*grown = (struct finding){.grade = grade, .slot = slot};
	if (bdf)
		(void)bdf_format(bdf, grown->device);
	return grown;
}

void findings_free(struct findings *findings)
{
	free(findings->item);
	*findings = (struct findings){0};
}

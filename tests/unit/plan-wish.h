/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "unit.h"

#include <string.h>

#include "plan/plan.h"

/* What comes of a wish for a machine's only device. */
struct planned {
	struct plan plan;
	struct notes notes;
	struct err err;
	int r;
};

static inline struct planned plan_wish(const struct facts *facts, const struct wish *wish)
{
	struct spec *spec = calloc(1, sizeof(*spec));
	struct planned p = {0};

	assert_non_null(spec);
	spec->slot[0].present = true;
	spec->slot[0].wish = *wish;
	p.r = plan_build(spec, facts, &p.plan, &p.notes, &p.err);
	free(spec);
	return p;
}

/* It went as @steps say, with one note that has @words, or none; without @steps it was
 * refused in these words: then false. */
static inline bool went(const struct planned *p, const char *name, const char *steps,
			const char *words)
{
	if (!steps) {
		assert_true(p->r < 0);
		assert_contains(p->err.msg, words);
		return false;
	}
	if (p->r < 0)
		fail_msg("%s: %s", name, p->err.msg);
	assert_int_equal(p->notes.n, words ? 1 : 0);
	if (words)
		assert_contains(p->notes.text[0], words);
	return true;
}

static inline void planned_free(struct planned *p)
{
	notes_free(&p->notes);
	plan_free(&p->plan);
}

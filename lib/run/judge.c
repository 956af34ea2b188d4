/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/judge.h"

#include <errno.h>

#include "base/clock.h"
#include "plan/gate.h"
#include "run/claims.h"
#include "run/free.h"

/* True if all that refuses is just going. */
static bool passes(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->item[i].grade != GRADE_TELL && !findings->item[i].passing)
			return false;
	return findings->refused && findings->n;
}

/* Making virtual functions takes longer than a QEMU to end. */
static int patience_ms(const struct facts *facts)
{
	for (size_t i = 0; i < facts->claims; i++)
		if (facts->claim[i].changing && facts->claim[i].passing)
			return LIMIT_VFS_MS;
	return LIMIT_PASSING_MS;
}

static int look(struct session *s, const struct spec *spec, struct facts **facts,
		struct booking *booking, struct err *err)
{
	int r = booking_make(s, spec, facts, booking, err);

	if (r < 0)
		return r;
	claims_mark_passing(s->root, *facts);
	if (facts_look(s->root, spec, *facts, err) < 0)
		return -EIO;
	findings_free(&s->outcome->findings);
	gate_check(spec, *facts, &s->outcome->findings);
	return 0;
}

int judge(struct session *session, const struct spec *spec, struct facts **facts,
	  struct booking *booking, struct err *err)
{
	struct outcome *o = session->outcome;
	int64_t begin = clock_ms(), waited = 0;
	bool freed = false;
	int r;

	for (;;) {
		size_t said = o->warnings.n;

		r = look(session, spec, facts, booking, err);
		if (r < 0 || !o->findings.refused)
			break;
		if (passes(&o->findings) && !session->request->dry &&
		    clock_ms() - begin < patience_ms(*facts)) {
			/* What each look warns of is the same. */
			notes_cut(&o->warnings, said);
			r = session_pause(session, LIMIT_PASSING_POLL_MS, err);
			waited = clock_ms() - begin;
		} else if (!freed) {
			freed = true;
			r = free_devices(session, spec, err);
			if (r == 0 || session->request->dry)
				break;
		} else {
			break;
		}
		if (r < 0)
			break;
	}
	if (waited)
		notes_add(&o->notes, "waited %d ms for a holder that was just going",
			  (int)waited);
	/* What was found is not why it ends. */
	if (r < 0)
		findings_free(&o->findings);
	return r < 0 ? r : 0;
}

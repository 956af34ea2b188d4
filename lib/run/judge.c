/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/judge.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/progress.h"
#include "base/say.h"
#include "plan/gate.h"
#include "run/claims.h"
#include "run/free.h"
#include "run/undo.h"

/* True if all that refuses is just going. */
static bool passes(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->item[i].grade != GRADE_TELL && !findings->item[i].passing)
			return false;
	return findings->refused && findings->n;
}

static void tell_passing(const struct findings *findings, struct progress_wait *wait)
{
	const struct finding *f = findings->item;
	char text[400];

	while (f->grade == GRADE_TELL || !f->passing)
		f++;
	SAY(text, "%s%s%s%s%s (just going)", f->device,
	    f->device[0] && strcmp(f->what, f->device) != 0 ? ": " : "",
	    strcmp(f->what, f->device) != 0 ? f->what : "",
	    f->device[0] || f->what[0] ? " " : "", f->why);
	progress_waits(wait, text);
}

/* Making virtual functions takes longer than a QEMU to end. */
static int patience_ms(const struct facts *facts)
{
	for (size_t i = 0; i < facts->claims; i++)
		if (facts->claim[i].changing && facts->claim[i].passing)
			return LIMIT_VFS_MS;
	return LIMIT_PASSING_MS;
}

/* The function that was left open for @slot, and that is used: another is chosen. */
static bool is_used(const struct findings *findings, const struct bdf *bdf)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->item[i];

		if (f->held && f->grade != GRADE_TELL && !f->passing &&
		    !strcmp(f->device, BDF(bdf)))
			return true;
	}
	return false;
}

/* True if there is one more that is not to be chosen. */
static bool avoid_used(struct session *s, const struct spec *spec,
		       const struct facts *facts)
{
	for (unsigned i = 0; i < LIMIT_SLOTS && s->avoids < LIMIT_AVOID; i++) {
		const struct wish *wish = &spec->slot[i].wish;
		const struct pick *pick = &facts->pick[i];

		if (!wish_has(wish, KEY_VF_OF) || pick->n != 1 ||
		    (wish_has(wish, KEY_INDEX) && wish->index >= 0) ||
		    !is_used(&s->outcome->findings, &pick->bdf[0]))
			continue;
		s->avoid[s->avoids++] = pick->bdf[0];
		return true;
	}
	return false;
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
	if (s->request->dry && s->journal)
		undo_pretend(s->journal, *facts);
	findings_free(&s->outcome->findings);
	gate_check(spec, *facts, &s->outcome->findings);
	return 0;
}

int judge(struct session *session, const struct spec *spec, struct facts **facts,
	  struct booking *booking, struct err *err)
{
	struct outcome *o = session->outcome;
	struct progress_wait wait = progress_wait(0);
	int64_t waited = 0;
	bool freed = false;
	int r;

	for (;;) {
		size_t said = o->warnings.n;

		r = look(session, spec, facts, booking, err);
		if (r < 0 || !o->findings.refused)
			break;
		if (avoid_used(session, spec, *facts)) {
			notes_cut(&o->warnings, said);
			continue;
		}
		wait.end = wait.begin + patience_ms(*facts);
		if (passes(&o->findings) && !session->request->dry &&
		    clock_ms() < wait.end) {
			/* What each look warns of is the same. */
			notes_cut(&o->warnings, said);
			tell_passing(&o->findings, &wait);
			r = session_pause(session, LIMIT_PASSING_POLL_MS, err);
			waited = clock_ms() - wait.begin;
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/booking.h"

#include <errno.h>

#include "run/claims.h"

/* A run that gives nothing away as it is reserves nothing. */
static bool books(const struct session *session)
{
	return scope_has(session->request->scope, SCOPE_REBIND) ||
	       scope_has(session->request->scope, SCOPE_MDEV);
}

/* As things stand with the other machines. */
static int resolve(struct session *session, const struct spec *spec, struct facts **facts,
		   struct err *err)
{
	const struct root *root = session->root;
	uint32_t vmid = session->request->vmid;
	int r;

	facts_free(*facts);
	*facts = facts_new();
	if (!*facts)
		return err_set(err, ENOMEM, "out of memory");
	r = claims_gather(root, vmid, *facts, &session->outcome->warnings, err);
	if (r == 0 && session->journal)
		r = claims_own(session->journal, *facts);
	for (unsigned i = 0; r == 0 && i < session->avoids; i++)
		r = facts_add_claim(*facts, &(struct claim){.bdf = session->avoid[i],
							    .kind = CLAIM_HOST});
	if (r == 0)
		r = reservation_gather(root, vmid, *facts, err);
	return r < 0 ? r : facts_resolve(root, spec, *facts, err);
}

/* True if the gate will refuse because of who has what: then nothing is reserved. */
static bool is_hopeless(const struct facts *facts)
{
	bool hopeless = facts->absents > 0;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		hopeless |= facts->pick[i].err.code != 0;
	for (unsigned i = 0; i < facts->n; i++)
		hopeless |= facts_claim(facts, &facts->fact[i].device.bdf) != NULL;
	return hopeless;
}

/*
 * What was passed over because a journal of ours holds it is free to Proxmox, which would
 * choose it: it is reserved for who has it.
 */
static int reserve_passed(const struct root *root, const struct facts *facts,
			  struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++) {
		const struct pick *pick = &facts->pick[i];

		for (unsigned k = 0; r == 0 && k < pick->skips; k++) {
			const struct claim *claim = facts_claim(facts, &pick->skip[k]);
			struct reservation who = {.timeout_s = LIMIT_RESERVE_S};

			if (!claim || claim->kind != CLAIM_JOURNAL)
				continue;
			who.vmid = claim->vmid;
			r = reservation_take(root, &who, &pick->skip[k], 1, NULL, err);
		}
	}
	return r;
}

int booking_renew(struct session *session, const struct booking *booking, struct err *err)
{
	struct reservation who = {.vmid = session->request->vmid,
				  .timeout_s = LIMIT_RESERVE_S};

	return reservation_take(session->root, &who, booking->bdf, booking->n,
				&session->outcome->warnings, err);
}

static int list_wanted(const struct facts *facts, struct booking *ret, struct err *err)
{
	ret->n = 0;
	free(ret->bdf);
	ret->bdf = calloc(facts->n + 1, sizeof(*ret->bdf));
	if (!ret->bdf)
		return err_set(err, ENOMEM, "out of memory");
	for (unsigned i = 0; i < facts->n; i++)
		if (facts->fact[i].wanted)
			ret->bdf[ret->n++] = facts->fact[i].device.bdf;
	return 0;
}

static bool is_booked(const struct booking *booking, const struct bdf *bdf)
{
	for (size_t i = 0; i < booking->n; i++)
		if (bdf_equal(&booking->bdf[i], bdf))
			return true;
	return false;
}

/* Drops what an earlier start has reserved and this one does not want; with @booking NULL
 * all that the machine has reserved. */
static int drop_others(struct session *session, const struct booking *booking,
		       struct err *err)
{
	_cleanup_free_ struct bdf *list = NULL;
	uint32_t vmid = session->request->vmid;
	size_t n = 0, others = 0;
	int r;

	/* The machine's own hook may have reserved more. */
	if (session->request->scope != SCOPE_ALL)
		return 0;
	r = reservation_list(session->root, vmid, false, &list, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!booking || !is_booked(booking, &list[i]))
			list[others++] = list[i];
	return r == 0 && (others || reservation_is_torn(session->root))
		       ? reservation_drop(session->root, vmid, list, others, err)
		       : r;
}

/* One try; -EBUSY: somebody has reserved a device since it was chosen. */
static int try_make(struct session *session, const struct spec *spec,
		    struct facts **facts, struct booking *ret, struct err *err)
{
	int r = resolve(session, spec, facts, err);

	if (r < 0 || !*facts || session->request->dry || !books(session) ||
	    !reservation_exists(session->root) || is_hopeless(*facts))
		return r;
	r = list_wanted(*facts, ret, err);
	if (r == 0)
		r = reserve_passed(session->root, *facts, err);
	if (r == 0)
		r = booking_renew(session, ret, err);
	if (r == 0)
		r = drop_others(session, ret, err);
	if (r < 0)
		ret->n = 0;
	return r;
}

int booking_make(struct session *session, const struct spec *spec, struct facts **facts,
		 struct booking *ret, struct err *err)
{
	struct notes *warnings = &session->outcome->warnings;
	size_t said = warnings->n;
	int r = -EBUSY;

	for (int i = 0; r == -EBUSY && i < LIMIT_RESERVE_TRIES; i++) {
		/* What each try warns of is the same. */
		notes_cut(warnings, said);
		r = try_make(session, spec, facts, ret, err);
	}
	return r;
}

void booking_clear(struct session *session)
{
	struct err err;

	if (reservation_exists(session->root) && drop_others(session, NULL, &err) < 0)
		notes_add_err(&session->outcome->warnings, &err);
}

void booking_free(struct booking *booking)
{
	free(booking->bdf);
	*booking = (struct booking){0};
}

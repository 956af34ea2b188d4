/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/single.h"

#include <errno.h>
#include <string.h>

#include "run/session.h"
#include "run/undo.h"

static int fail(int r, struct err *err)
{
	return err_set(err, -r, "the journal cannot be written: %s", strerror(-r));
}

/* From now on it is nobody's. */
static int forget(struct journal *j, const struct hold *hold)
{
	int r = journal_close(j, hold);

	return r == 0 ? journal_end(j) : r;
}

static int take_back(struct session *s, const struct hold *hold, bool rollback,
		     struct err *err)
{
	struct deeds *deeds = &s->outcome->deeds;
	size_t first = deeds->n;
	int r = undo_add(s->journal, hold, 0, rollback, deeds);

	if (r < 0)
		return err_set(err, -r, "out of memory");
	r = engine_run(s->root, s->journal, deeds->item + first, deeds->n - first, NULL,
		       err);
	if (undo_is_left(s->journal, hold))
		return r < 0 ? r : err_set(err, EBUSY, "it is not taken back");
	if (journal_close(s->journal, hold) < 0 || journal_end(s->journal) < 0)
		return err_set(err, EIO, "the journal cannot be ended");
	return 0;
}

static int make(struct session *s, const struct single *single, struct err *err)
{
	struct deeds *deeds = &s->outcome->deeds;
	struct err why;
	int r = 0;

	for (size_t i = 0; r == 0 && i < single->n; i++)
		r = deeds_add(deeds, &single->step[i], false);
	if (r < 0)
		return err_set(err, -r, "out of memory");
	r = engine_run(s->root, s->journal, deeds->item, deeds->n, &s->cancel, err);
	if (r < 0)
		return take_back(s, &single->hold, true, &why) < 0 ? -ENOTRECOVERABLE : r;
	r = forget(s->journal, &single->hold);
	return r < 0 ? fail(r, err) : 0;
}

/* As if this journal had been there when it was made. It is, where an earlier run was cut
 * off: this one goes on. */
static int remove_it(struct session *s, const struct single *single, struct err *err)
{
	bool begun = undo_is_left(s->journal, &single->hold);
	int r = 0;

	for (size_t i = 0; !begun && r == 0 && i < single->n; i++) {
		struct step step = single->step[i];

		r = journal_intent(s->journal, &step);
	}
	return r < 0 ? fail(r, err) : take_back(s, &single->hold, false, err);
}

/* What an earlier run left of other devices is the sweep's, and in nobody's way. */
static int refuse_begun(struct session *s, const struct single *single, struct err *err)
{
	const struct journal_hold *h = journal_find(s->journal, &single->hold);

	if (single->back || !h || !h->open)
		return 0;
	return err_set(err, EBUSY,
		       "%s: an earlier run on it did not come to its end: hostpci sweep "
		       "takes it back",
		       single->hold.mdev.text);
}

static int run(struct session *s, const struct single *single, struct err *err)
{
	int r = session_begin(s, true, err);

	if (r == 0)
		r = refuse_begun(s, single, err);
	if (r < 0)
		return r == -EBUSY || r == -EINTR ? EXIT_CODE_BUSY : EXIT_CODE_REFUSED;
	r = journal_phase(s->journal, single->back ? "release" : "pre-start");
	if (r == 0)
		r = journal_take(s->journal, &single->hold);
	session_unlock(s);
	if (r < 0) {
		(void)fail(r, err);
		return EXIT_CODE_REFUSED;
	}
	r = single->back ? remove_it(s, single, err) : make(s, single, err);
	if (r == 0)
		return EXIT_CODE_DONE;
	return single->back || r == -ENOTRECOVERABLE ? EXIT_CODE_LEFT : EXIT_CODE_REFUSED;
}

int single_run(const struct single *single, struct outcome *ret, struct err *err)
{
	const struct request request = {.root = single->root, .scope = single->scope};
	struct session session = {
		.request = &request,
		.root = single->root,
		.outcome = ret,
		.cancel = CANCEL_NONE,
		.lock = -1,
		.patience_ms = LIMIT_LOCK_MS,
	};
	int code;

	*ret = (struct outcome){.scope = single->scope};
	code = run(&session, single, err);
	session_end(&session);
	return outcome_exit(ret, (enum exit_code)code);
}

struct finder {
	const struct root *root;
	const struct hold *hold;
	struct owner owner;
};

static int find(void *context, uint32_t vmid, enum scope scope)
{
	struct finder *f = context;
	_cleanup_(journal_freep) struct journal *j = NULL;
	const struct journal_hold *hold = NULL;
	struct err err = {0};
	int r = vmid ? journal_read(f->root, vmid, scope, &j, &err) : -ENOENT;

	if (r < 0 && r != -ENOENT)
		f->owner.doubt = err;
	if (r == 0 && !j->other_boot)
		hold = journal_find(j, f->hold);
	if (!hold || !hold->open)
		return 0;
	f->owner = (struct owner){.vmid = vmid};
	return 1;
}

struct owner single_owner(const struct root *root, const struct hold *hold)
{
	struct finder finder = {root, hold, {0}};

	(void)!journal_each(root, find, &finder);
	return finder.owner;
}

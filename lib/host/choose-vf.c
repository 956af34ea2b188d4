/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "host/chooser.h"
#include "host/sysfs.h"

/* In this order: what the machine has already, what exists, what is still to be made. */
enum round {
	ROUND_OWN,
	ROUND_THERE,
	ROUND_COMING,
	_ROUND_MAX,
};

struct search {
	struct chooser *c;
	unsigned slot;
	enum round round;
	unsigned found; /* physical functions */
	unsigned ways;	/* virtual ones that are there or will be */
	bool taken;
};

static bool is_own(const struct search *s, const struct bdf *bdf)
{
	const struct choice *choice = s->c->choice;

	for (size_t i = 0; i < choice->owns; i++)
		if (bdf_equal(&choice->own[i], bdf))
			return true;
	return false;
}

/* The address of function @index: the link's, else the one that it will have. */
static bool find_vf(const struct search *s, const struct pf *pf, unsigned index,
		    struct bdf *ret)
{
	char name[32], address[32];

	(void)snprintf(name, sizeof(name), "virtfn%u", index);
	if (sysfs_link(s->c->root, DEVICE_ATTR(&pf->device.bdf, name), address,
		       sizeof(address)) == 0 &&
	    bdf_parse(address, ret) == 0)
		return true;
	*ret = pf_vf_address(pf, index);
	return false;
}

/* Who has all of it, or is just making or removing its functions; NULL: nobody. */
static const struct claim *who_keeps(const struct search *s, const struct bdf *pf)
{
	for (size_t i = 0; i < s->c->claims_n; i++) {
		const struct claim *claim = &s->c->claims[i];

		if (bdf_equal(&claim->bdf, pf) &&
		    (claim->kind != CLAIM_SHARED || claim->changing))
			return claim;
	}
	return NULL;
}

static bool pf_is_free(const struct search *s, const struct pf *pf, struct pick *pick)
{
	const struct claim *claim = who_keeps(s, &pf->device.bdf);
	size_t at = strlen(pick->passed);

	if (!claim)
		return true;
	if (s->round != ROUND_COMING)
		return false; /* it is told once */
	if (pick->skips < LIMIT_ADDRESSES)
		pick->skip[pick->skips++] = pf->device.bdf;
	(void)snprintf(pick->passed + at, sizeof(pick->passed) - at, "%s%s: VM %u %s",
		       at ? ", " : "", BDF(&pf->device.bdf), claim->vmid,
		       claim->changing ? "changes their number" : "has it whole");
	return false;
}

static int try_one(struct search *s, const struct bdf *bdf, bool there)
{
	struct pick *pick = &s->c->choice->pick[s->slot];
	struct way way = {.n = 1, .bdf = {*bdf}};
	bool own = is_own(s, bdf);
	enum round round = own ? ROUND_OWN : there ? ROUND_THERE : ROUND_COMING;

	if (s->round != round || !chooser_is_free(s->c, &way, pick))
		return 0;
	s->taken = true;
	return chooser_take(s->c, s->slot, &way);
}

static int try_pf(void *context, struct pf *pf)
{
	struct search *s = context;
	const struct wish *wish = &s->c->spec->slot[s->slot].wish;
	struct pick *pick = &s->c->choice->pick[s->slot];
	int only = wish_has(wish, KEY_INDEX) ? wish->index : -1;
	unsigned n = pf_wanted(pf) > pf->device.vfs ? pf_wanted(pf) : pf->device.vfs;
	struct bdf bdf;
	int r = 0;

	s->found++;
	if (!pf_is_free(s, pf, pick))
		return 0;
	for (unsigned i = 0; r == 0 && !s->taken && i < n && i < pf->total; i++) {
		bool there;

		if (only >= 0 && (unsigned)only != i)
			continue;
		there = find_vf(s, pf, i, &bdf);
		/* As many as a policy wants of those that exist are not all of them. */
		if (!there && i >= pf_wanted(pf))
			continue;
		s->ways += s->round == ROUND_OWN;
		r = try_one(s, &bdf, there);
	}
	return r < 0 ? r : s->taken;
}

/* "01:00.0, 02:00.0" */
static void list_names(const struct text_list *list, char *buf, size_t size)
{
	const char *text = list->text;
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < list->n && at < size; i++) {
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "", text);
		text += strlen(text) + 1;
	}
}

/* In words: why there is none. */
static void say_none(const struct search *s)
{
	const struct wish *wish = &s->c->spec->slot[s->slot].wish;
	struct pick *pick = &s->c->choice->pick[s->slot];
	char names[200], which[32] = "";

	list_names(&wish->vf_of, names, sizeof(names));
	if (wish_has(wish, KEY_INDEX) && wish->index >= 0)
		(void)snprintf(which, sizeof(which), " number %d", wish->index);
	if (!wish->vf_of.n)
		(void)err_set(&pick->err, ENODEV,
			      "vf-of = [] names no physical function: add the addresses "
			      "of those that will do, or remove it");
	else if (!s->found)
		(void)err_set(&pick->err, ENODEV,
			      "vf-of %s: no physical function of this host is that "
			      "(hostpci sriov list shows them)",
			      names);
	else if (pick->passed[0])
		(void)err_set(&pick->err, EBUSY,
			      "vf-of %s: none of %u virtual functions is free (%s)",
			      names, s->ways, pick->passed);
	else
		(void)err_set(&pick->err, ENODEV,
			      "vf-of %s: it has no virtual function%s, and hostpci.conf "
			      "does not ask for one (sriov = ( { pf = ...; vfs = N; } ))",
			      names, which);
}

int choose_vf(struct chooser *c, unsigned slot)
{
	const struct text_list *names = &c->spec->slot[slot].wish.vf_of;
	struct pick *pick = &c->choice->pick[slot];
	struct search s = {.c = c, .slot = slot};
	int r = pfs_declared(c->choice->pfs);

	for (int round = 0; r == 0 && !s.taken && round < _ROUND_MAX; round++) {
		const char *name = names->text;

		s.round = (enum round)round;
		s.found = 0;
		for (unsigned i = 0; r == 0 && !s.taken && i < names->n; i++) {
			r = pfs_each(c->choice->pfs, name, try_pf, &s);
			name += strlen(name) + 1;
		}
		r = r > 0 ? 0 : r;
	}
	if (r < 0)
		return r == -EINVAL ? r : err_set(c->err, -r, "vf-of: %s", strerror(-r));
	pick->kind = PICK_DEVICE;
	pick->alternatives = s.ways;
	if (s.taken)
		pick->skips = 0;
	else
		say_none(&s);
	if (pick->err.code)
		pick->kind = PICK_NONE;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/swerve.h"

#include <errno.h>
#include <string.h>

#include "host/group.h"
#include "run/reservation.h"
#include "run/undo.h"

struct swerve {
	struct session *session;
	struct spec spec;
	struct bdf *used; /* owned; what Proxmox has given to the machine */
	size_t used_n;
};

static void swerve_free(struct swerve *s)
{
	spec_free(&s->spec);
	free(s->used);
}

static bool is_used(const struct swerve *s, const struct bdf *bdf)
{
	for (size_t i = 0; i < s->used_n; i++)
		if (bdf_equal(&s->used[i], bdf))
			return true;
	return false;
}

/* A function of an IOMMU group is used: all of the group is held for it. */
static bool is_group_used(const struct swerve *s, int group)
{
	const struct journal *j = s->session->journal;

	for (size_t i = 0; i < j->holds; i++)
		if (j->hold[i].open && j->hold[i].hold.group == group &&
		    is_used(s, &j->hold[i].hold.bdf))
			return true;
	return false;
}

/* Only a mapping leaves a choice. */
static bool is_mapped(const struct swerve *s, int slot)
{
	return slot >= 0 && slot < LIMIT_SLOTS && s->spec.slot[slot].present &&
	       wish_has(&s->spec.slot[slot].wish, KEY_MAPPING);
}

static bool names(const struct address *address, const struct bdf *bdf)
{
	const char *name = BDF(bdf);

	return !strncmp(name, address->text, strlen(address->text)) &&
	       (address->whole_slot || !name[strlen(address->text)]);
}

/* The hostpciN whose mapping has @bdf among its ways; -1: none. */
static int slot_of(const struct swerve *s, const struct bdf *bdf)
{
	for (int n = 0; n < LIMIT_SLOTS; n++) {
		const struct mapping *m;

		if (!is_mapped(s, n) || wish_has(&s->spec.slot[n].wish, KEY_MDEV))
			continue;
		m = mappings_find(&s->spec.mappings, s->spec.slot[n].wish.mapping);
		for (size_t i = 0; m && i < m->maps; i++)
			for (unsigned p = 0; p < m->map[i].paths.n; p++)
				if (!strcmp(m->map[i].node, s->spec.node) &&
				    names(&m->map[i].paths.item[p], bdf))
					return n;
	}
	return -1;
}

static bool is_unused(const struct swerve *s, const struct journal_hold *h)
{
	return h->open && !h->hold.shared && !uuid_is_set(&h->hold.mdev) &&
	       is_mapped(s, h->hold.slot) && !is_group_used(s, h->hold.group);
}

static int take_back(struct swerve *s, struct err *err)
{
	struct session *session = s->session;
	struct deeds *deeds = &session->outcome->deeds;
	struct journal *j = session->journal;
	size_t first = deeds->n;
	int r = 0;

	for (size_t i = j->holds; r == 0 && i-- > 0;) {
		const struct hold *h = &j->hold[i].hold;

		if (!is_unused(s, &j->hold[i]))
			continue;
		notes_add(&session->outcome->warnings,
			  "hostpci%d: %s was prepared, but Proxmox has taken another "
			  "device of the mapping: it goes back",
			  h->slot, BDF(&h->bdf));
		r = undo_add(j, h, 0, false, deeds);
		if (r == 0)
			(void)!reservation_drop(session->root, session->request->vmid,
						&h->bdf, 1, err);
	}
	if (r < 0)
		return err_set(err, -r, "out of memory");
	r = engine_run(session->root, j, deeds->item + first, deeds->n - first, NULL,
		       err);
	for (size_t i = 0; i < j->holds; i++)
		if (is_unused(s, &j->hold[i]) && !undo_is_left(j, &j->hold[i].hold) &&
		    journal_close(j, &j->hold[i].hold) < 0)
			return err_set(err, EIO, "the journal cannot be written");
	return r;
}

/* Proxmox has bound it: how it was before is not known, so there is nothing to undo. */
static int claim(struct swerve *s, int slot, const struct bdf *bdf, struct err *err)
{
	struct device device;
	struct hold hold = {.bdf = *bdf, .slot = slot, .return_to = WISH_RETURN_NONE};
	struct journal_hold *old = journal_find(s->session->journal, &hold);
	int r;

	if ((old && old->open) || device_read(s->session->root, bdf, &device) < 0 ||
	    !device.on_vfio)
		return 0;
	hold.group = device.group;
	hold.storage = device_is_storage(&device);
	r = journal_take(s->session->journal, &hold);
	if (r < 0)
		return err_set(err, -r, "the journal cannot be written: %s",
			       strerror(-r));
	notes_add(&s->session->outcome->warnings,
		  "hostpci%d: Proxmox has taken %s by itself: it stays on %s after the "
		  "stop",
		  slot, BDF(bdf), device.driver);
	return 0;
}

static int claim_group(struct swerve *s, int slot, const struct bdf *bdf, struct err *err)
{
	struct device device;
	struct group group = {0};
	int r = 0;

	if (device_read(s->session->root, bdf, &device) < 0 || device.group < 0 ||
	    group_read(s->session->root, device.group, &group) < 0)
		return 0;
	for (unsigned i = 0; r == 0 && i < group.n; i++)
		r = claim(s, slot, &group.member[i], err);
	return r;
}

static int compare(struct swerve *s, struct err *err)
{
	int r = 0, undone;

	for (size_t i = 0; r == 0 && i < s->used_n; i++) {
		const struct hold used = {.bdf = s->used[i]};
		const struct journal_hold *h = journal_find(s->session->journal, &used);
		int slot = slot_of(s, &s->used[i]);

		if (slot >= 0 && !(h && h->open))
			r = claim_group(s, slot, &s->used[i], err);
	}
	undone = take_back(s, err);
	return r < 0 ? r : undone;
}

int swerve_repair(struct session *session, struct err *err)
{
	_cleanup_(swerve_free) struct swerve s = {.session = session};
	uint32_t vmid = session->request->vmid;
	struct err why;

	/* Without Proxmox, or its list, there is nothing to compare with. */
	if (!scope_has(session->request->scope, SCOPE_REBIND) ||
	    !reservation_exists(session->root) ||
	    reservation_list(session->root, vmid, true, &s.used, &s.used_n, &why) < 0 ||
	    !s.used_n)
		return 0;
	if (spec_load(session->root, session->request->node, vmid, &s.spec, &why) < 0) {
		notes_add_err(&session->outcome->warnings, &why);
		return 0;
	}
	return compare(&s, err);
}

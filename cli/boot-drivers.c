/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "cli/boot.h"
#include "host/pf-match.h"
#include "host/sysfs.h"

/* The devices that an entry stands for. */
struct match {
	const struct boot *boot;
	const struct declared *entry;
	unsigned n;
	struct bdf bdf[LIMIT_DEVICES];
};

static int add(void *context, const char *address)
{
	struct match *m = context;
	struct bdf bdf;

	if (m->n < LIMIT_DEVICES && bdf_parse(address, &bdf) == 0 &&
	    device_matches(&m->boot->context->root, &bdf, &m->entry->name))
		m->bdf[m->n++] = bdf;
	return 0;
}

static void find(struct match *m)
{
	const struct pf_name *name = &m->entry->name;

	/* Most are named by address: no need to look at all. */
	if (name->kind == PF_NAME_ADDRESS)
		(void)add(m, BDF(&name->bdf));
	else
		(void)!sysfs_each(&m->boot->context->root, "bus/pci/devices", SYSFS_LINKS,
				  add, m);
}

/* The last entry that names it counts: a node's own stand behind the cluster's. */
static bool counts(const struct match *m, const struct bdf *bdf)
{
	const struct declared_list *list = &m->boot->spec->drivers;

	for (const struct declared *e = m->entry + 1; e < list->item + list->n; e++)
		if (device_matches(&m->boot->context->root, bdf, &e->name))
			return false;
	return true;
}

/* What is to be bound now. */
struct batch {
	size_t n;
	struct apply item[LIMIT_DEVICES];
};

static void put(struct boot *boot, struct batch *batch, const struct match *m)
{
	for (unsigned k = 0; k < m->n; k++) {
		if (!counts(m, &m->bdf[k]))
			continue;
		if (batch->n == LIMIT_DEVICES) {
			boot_apply(boot, batch->item, batch->n);
			batch->n = 0;
		}
		batch->item[batch->n++] =
			(struct apply){.bdf = m->bdf[k], .declared = m->entry};
	}
}

bool boot_drivers(struct boot *boot)
{
	_cleanup_free_ struct batch *batch = calloc(1, sizeof(*batch));
	const struct declared_list *list = &boot->spec->drivers;
	bool all = batch;

	for (unsigned i = 0; batch && i < list->n; i++) {
		struct match m = {.boot = boot, .entry = &list->item[i]};

		if (boot->found[i])
			continue;
		find(&m);
		put(boot, batch, &m);
		boot->found[i] = m.n;
		all &= boot->found[i];
	}
	if (batch && batch->n)
		boot_apply(boot, batch->item, batch->n);
	return all;
}

void boot_drivers_missing(struct boot *boot)
{
	const struct declared_list *list = &boot->spec->drivers;
	struct err err;

	for (unsigned i = 0; i < list->n; i++) {
		const struct declared *e = &list->item[i];

		if (boot->found[i])
			continue;
		(void)err_at(&err, ENODEV, e->file, e->line,
			     "device %s: no device is that, %s (lspci -D shows all)",
			     e->device, BOOT_WHEN(boot));
		boot_missing(boot, &err);
	}
}

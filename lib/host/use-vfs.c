/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses the virtual functions of a physical one: they go when its driver goes. */
#include <errno.h>
#include <string.h>

#include "host/sysfs.h"
#include "host/use.h"

static int add_claims(struct use *use, const struct bdf *vf, struct err *err)
{
	for (size_t i = 0; i < use->claims; i++) {
		const struct claim *claim = &use->claim[i];
		struct holding *h;

		if (!bdf_equal(&claim->bdf, vf))
			continue;
		h = use_add(use, GRADE_NEVER, err);
		if (!h)
			return -ENOMEM;
		h->passing = claim->passing;
		SAY(h->what, "its virtual function %s", BDF(vf));
		SAY(h->who, "VM %u", claim->vmid);
		SAY(h->why, "is %s VM %u", claim->parked ? "kept for" : "held by",
		    claim->vmid);
		SAY(h->cure, claim->parked ? "hostpci release %u" : "stop VM %u",
		    claim->vmid);
	}
	return 0;
}

void use_through_vf(struct holding *h, const struct bdf *vf, const struct bdf *pf)
{
	char what[sizeof(h->what)];

	SAY(what, "%s", h->what);
	SAY(h->what, "its virtual function %s%s%s", BDF(vf), what[0] ? ": " : "", what);
	h->bdf = *pf;
	if (h->grade == GRADE_ASK)
		h->grade = GRADE_NEVER;
}

/* In the name of its physical function; a virtual one that is used is always in the way.
 */
static int look_at(struct use *use, const struct device *vf, struct err *err)
{
	const struct device *pf = use->device;
	size_t first = use->holdings->n, node = use->nodes, interface = use->interfaces;
	size_t disk = use->disks;
	int r = use_look(use, vf, err);

	use->device = pf;
	use->bdf = pf->bdf;
	for (; first < use->holdings->n; first++)
		use_through_vf(&use->holdings->item[first], &vf->bdf, &pf->bdf);
	for (; interface < use->interfaces; interface++) {
		use->interface[interface].is_vf = true;
		use->interface[interface].vf = vf->bdf;
		use->interface[interface].bdf = pf->bdf;
	}
	for (; disk < use->disks; disk++) {
		use->disk[disk].is_vf = true;
		use->disk[disk].vf = vf->bdf;
		use->disk[disk].bdf = pf->bdf;
	}
	for (; node < use->nodes; node++) {
		use->node[node].bdf = pf->bdf;
		use->node[node].grade = GRADE_NEVER;
	}
	return r < 0 ? r : add_claims(use, &vf->bdf, err);
}

int use_vfs(struct use *use, struct err *err)
{
	char name[32], address[32];
	struct device vf;
	struct bdf bdf;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < use->device->vfs; i++) {
		(void)snprintf(name, sizeof(name), "virtfn%u", i);
		if (sysfs_link(use->root, DEVICE_ATTR(&use->device->bdf, name), address,
			       sizeof(address)) < 0 ||
		    bdf_parse(address, &bdf) < 0)
			continue;
		r = device_read(use->root, &bdf, &vf);
		if (r == 0)
			r = look_at(use, &vf, err);
		else if (r == -ENODEV)
			r = 0; /* gone meanwhile */
		else
			(void)err_set(err, -r, "%s: %s", BDF(&bdf), strerror(-r));
	}
	return r;
}

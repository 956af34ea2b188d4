/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/pf.h"

#include <errno.h>
#include <string.h>

#include "host/pf-match.h"
#include "host/sysfs.h"

unsigned pf_wanted(const struct pf *pf)
{
	if (pf->vfs >= 0)
		return (unsigned)pf->vfs;
	return pf->policy && wish_has(&pf->policy->wish, KEY_VFS)
		       ? (unsigned)pf->policy->wish.vfs
		       : pf->device.vfs;
}

static unsigned routing_id(const struct bdf *bdf)
{
	return (unsigned)bdf->bus << 8 | (unsigned)bdf->slot << 3 | bdf->function;
}

struct bdf pf_vf_address(const struct pf *pf, unsigned index)
{
	unsigned id = routing_id(&pf->device.bdf) + pf->offset + pf->stride * index;

	return (struct bdf){
		.domain = pf->device.bdf.domain,
		.bus = (uint8_t)(id >> 8),
		.slot = id >> 3 & 0x1f,
		.function = id & 7,
	};
}

int pf_vf_index(const struct pf *pf, const struct bdf *vf)
{
	for (unsigned i = 0; i < pf->total && i < LIMIT_VFS; i++) {
		struct bdf bdf = pf_vf_address(pf, i);

		if (bdf_equal(&bdf, vf))
			return (int)i;
	}
	return -1;
}

/* Hexadecimal, without 0x (sriov_vf_device_show). */
static uint16_t read_vf_product(const struct root *root, const struct bdf *bdf)
{
	char text[16];

	return sysfs_read(root, DEVICE_ATTR(bdf, "sriov_vf_device"), text, sizeof(text)) <
			       0
		       ? 0xffff
		       : (uint16_t)strtoul(text, NULL, 16);
}

static int read_pf(const struct root *root, const struct bdf *bdf, struct pf *ret)
{
	struct pf pf = {.slot = -1, .vfs = -1};
	int r = device_read(root, bdf, &pf.device);

	if (r < 0)
		return r;
	/* None of these is shown under the device lock (drivers/pci/iov.c). */
	pf.total = sysfs_number(root, DEVICE_ATTR(bdf, "sriov_totalvfs"), 0);
	pf.offset = sysfs_number(root, DEVICE_ATTR(bdf, "sriov_offset"), 0);
	pf.stride = sysfs_number(root, DEVICE_ATTR(bdf, "sriov_stride"), 0);
	pf.vf_product = read_vf_product(root, bdf);
	if (sysfs_read(root, DEVICE_ATTR(bdf, "sriov_drivers_autoprobe"), pf.autoprobe,
		       sizeof(pf.autoprobe)) < 0)
		pf.autoprobe[0] = '\0';
	*ret = pf;
	return 0;
}

struct pf *pfs_at(struct pfs *pfs, const struct bdf *bdf)
{
	for (unsigned i = 0; i < pfs->n; i++)
		if (bdf_equal(&pfs->item[i].device.bdf, bdf))
			return &pfs->item[i];
	if (pfs->n == LIMIT_PFS ||
	    !sysfs_exists(pfs->root, DEVICE_ATTR(bdf, "sriov_totalvfs")) ||
	    read_pf(pfs->root, bdf, &pfs->item[pfs->n]) < 0)
		return NULL;
	return &pfs->item[pfs->n++];
}

struct visit {
	struct pfs *pfs;
	const struct pf_name *name;
	pfs_entry *each;
	void *context;
};

static int visit(void *context, const char *address)
{
	const struct visit *v = context;
	struct bdf bdf;
	struct pf *pf;

	if (bdf_parse(address, &bdf) < 0 || !pf_matches(v->pfs->root, &bdf, v->name))
		return 0;
	pf = pfs_at(v->pfs, &bdf);
	return pf ? v->each(v->context, pf) : 0;
}

int pfs_each(struct pfs *pfs, const char *name, pfs_entry *each, void *context)
{
	struct pf_name parsed;
	struct visit v = {pfs, &parsed, each, context};

	if (pf_name_parse(name, &parsed) < 0)
		return -EINVAL;
	/* Most are named by address: no need to look at all. */
	if (parsed.kind == PF_NAME_ADDRESS)
		return visit(&v, BDF(&parsed.bdf));
	return sysfs_each(pfs->root, "bus/pci/devices", SYSFS_LINKS, visit, &v);
}

static int declare(void *context, struct pf *pf)
{
	if (!pf->policy)
		pf->policy = context;
	return 0;
}

/* The last entry that names it counts: a node's own stand behind the cluster's. */
int pfs_declared(struct pfs *pfs)
{
	const struct sriov_list *list = &pfs->spec->sriov;
	int r = 0;

	if (pfs->known)
		return 0;
	for (unsigned i = list->n; r == 0 && i-- > 0;)
		r = pfs_each(pfs, list->item[i].wish.pf, declare, &list->item[i]);
	pfs->known = r == 0;
	return r;
}

struct pf *pfs_of(struct pfs *pfs, const struct bdf *vf)
{
	char physical[32];
	struct bdf bdf;
	bool there;

	if (!pfs->spec || !pfs->spec->sriov.n || pfs_declared(pfs) < 0)
		return NULL;
	there = sysfs_exists(pfs->root, DEVICE_ATTR(vf, ""));
	if (there && (sysfs_link(pfs->root, DEVICE_ATTR(vf, "physfn"), physical,
				 sizeof(physical)) < 0 ||
		      bdf_parse(physical, &bdf) < 0))
		return NULL;
	for (unsigned i = 0; i < pfs->n; i++) {
		struct pf *pf = &pfs->item[i];
		int index = there ? 0 : pf_vf_index(pf, vf);

		if (there && bdf_equal(&pf->device.bdf, &bdf))
			return pf;
		if (!there && index >= 0 && (unsigned)index < pf_wanted(pf))
			return pf;
	}
	return NULL;
}

void pf_coming(const struct pf *pf, const struct bdf *vf, struct device *ret)
{
	*ret = (struct device){
		.bdf = *vf,
		.vendor = pf->device.vendor,
		.product = pf->vf_product,
		.class_code = pf->device.class_code,
		.group = -1,
		.coming = true,
	};
}

unsigned pfs_in_order(const struct pfs *pfs, bool needed,
		      const struct pf *ret[static LIMIT_PFS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < pfs->n; i++) {
		const struct pf *pf = &pfs->item[i];
		unsigned at = n;

		if (needed && !pf->needed)
			continue;
		for (n++;
		     at && bdf_compare(&ret[at - 1]->device.bdf, &pf->device.bdf) > 0;
		     at--)
			ret[at] = ret[at - 1];
		ret[at] = pf;
	}
	return n;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/facts.h"

#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/fileio.h"
#include "base/name.h"
#include "base/say.h"
#include "host/group.h"
#include "host/look.h"
#include "host/sysfs.h"
#include "host/use.h"

const struct fact *facts_find(const struct facts *facts, const struct bdf *bdf)
{
	for (unsigned i = 0; i < facts->n; i++)
		if (bdf_equal(&facts->fact[i].device.bdf, bdf))
			return &facts->fact[i];
	return NULL;
}

static void need_pf(struct facts *facts, const struct fact *fact)
{
	struct pf *pf = fact->pf ? pfs_at(&facts->pfs, &fact->pf->device.bdf) : NULL;

	if (!pf)
		return;
	pf->lacking |= fact->device.coming;
	if (!pf->needed)
		pf->slot = fact->slot;
	pf->needed = true;
}

/* Adds a function; one that is there already stays. */
static int add(const struct root *root, struct facts *facts, const struct bdf *bdf,
	       int slot, bool wanted, struct err *err)
{
	struct fact *fact;
	int r;

	if (facts_find(facts, bdf))
		return 0;
	if (facts->n == LIMIT_DEVICES)
		return err_set(err, E2BIG, "more than %d functions for one machine",
			       LIMIT_DEVICES);
	fact = &facts->fact[facts->n];
	*fact = (struct fact){.pf = pfs_of(&facts->pfs, bdf)};
	r = device_read(root, bdf, &fact->device);
	if (r == -ENODEV && fact->pf) {
		pf_coming(fact->pf, bdf, &fact->device);
		r = 0;
	}
	if (r < 0)
		return r == -ENODEV ? r
				    : err_set(err, -r, "%s: %s", BDF(bdf), strerror(-r));
	/* Its name becomes part of the paths that are written to. */
	if (fact->device.driver[0] && !name_valid(fact->device.driver))
		return err_set(err, EBADMSG, "%s: its driver has an odd name: '%s'",
			       BDF(bdf), fact->device.driver);
	fact->slot = slot;
	fact->wanted = wanted;
	if (fact->pf && pf_vf_index(fact->pf, bdf) >= 0)
		fact->vf_index = (unsigned)pf_vf_index(fact->pf, bdf);
	if (wanted)
		need_pf(facts, fact);
	facts->n++;
	return 0;
}

/* What a run of its scope is to give; Proxmox makes the other mediated devices. */
static bool is_given(const struct spec *spec, const struct pick *pick)
{
	if (pick->kind == PICK_NVIDIA)
		return scope_has(spec->scope, SCOPE_MDEV);
	return pick->kind == PICK_DEVICE && (scope_has(spec->scope, SCOPE_REBIND) ||
					     scope_has(spec->scope, SCOPE_SRIOV) ||
					     scope_has(spec->scope, SCOPE_RESET));
}

static int add_chosen(const struct root *root, const struct spec *spec,
		      struct facts *facts, unsigned slot, struct err *err)
{
	const struct pick *pick = &facts->pick[slot];
	int r = 0;

	if (!is_given(spec, pick))
		return 0;
	for (unsigned i = 0; r == 0 && i < pick->n; i++)
		r = add(root, facts, &pick->bdf[i], (int)slot, true, err);
	if (pick->kind == PICK_NVIDIA && r == 0 && pick->n)
		memcpy(facts->fact[facts->n - 1].vgpu_type, pick->type,
		       sizeof(pick->type));
	/* Gone since it was found. */
	return r == -ENODEV ? err_set(err, ENODEV, "hostpci%u: its device is gone", slot)
			    : r;
}

static int add_siblings(const struct root *root, struct facts *facts, struct err *err)
{
	unsigned wanted = facts->n;
	struct group group;
	int r;

	for (unsigned i = 0; i < wanted; i++) {
		const struct fact *fact = &facts->fact[i];

		/* Its driver is a vfio driver, as are those of its like. */
		if (fact->device.group < 0 || fact->vgpu_type[0])
			continue;
		r = group_read(root, fact->device.group, &group);
		if (r < 0)
			return err_set(err, -r, "IOMMU group %d: %s", fact->device.group,
				       strerror(-r));
		for (unsigned m = 0; m < group.n; m++) {
			r = add(root, facts, &group.member[m], fact->slot, false, err);
			if (r < 0 && r != -ENODEV)
				return r;
		}
	}
	return 0;
}

static int by_group(const void *a, const void *b)
{
	const struct device *x = &((const struct fact *)a)->device;
	const struct device *y = &((const struct fact *)b)->device;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return bdf_compare(&x->bdf, &y->bdf);
}

/*
 * Many kernels show driver_override under the device lock, which a stuck unbind keeps for
 * ever. With one that does not (6.12.117) it is met when the device is bound, and costs
 * that deadline.
 */
static int read_override(const struct root *root, struct child *looker,
			 struct device *device, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	look_request(&request, LOOK_READ, "/sys/%s",
		     DEVICE_ATTR(&device->bdf, "driver_override"));
	r = child_call(looker, &request, LIMIT_READ_MS, &reply);
	if (r == -ETIMEDOUT) {
		device->locked = true;
		child_end(looker);
		return child_spawn(looker, root, look_handle, err);
	}
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r, "%s: driver_override: %s", BDF(&device->bdf),
			       strerror(-r));
	if (reply.value[0] && !name_valid(reply.value))
		return err_set(err, EBADMSG, "%s: driver_override is odd: '%s'",
			       BDF(&device->bdf), reply.value);
	if (strcmp(reply.value, "(null)") != 0)
		(void)snprintf(device->override, sizeof(device->override), "%s",
			       reply.value);
	return 0;
}

/* The group's lock is taken for it. */
static int read_direct(struct child *looker, struct fact *fact, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	if (fact->device.group < 0 || fact->device.on_vfio)
		return 0;
	look_request(&request, LOOK_DIRECT,
		     "/sys/kernel/iommu_groups/%d/reserved_regions", fact->device.group);
	r = child_call(looker, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r, "IOMMU group %d: reserved_regions: %s",
			       fact->device.group, strerror(-r));
	(void)snprintf(fact->direct, sizeof(fact->direct), "%.63s", reply.value);
	return 0;
}

const struct wish *fact_wish(const struct spec *spec, const struct fact *fact,
			     struct wish *room)
{
	return sriov_complete(fact->pf ? fact->pf->policy : NULL, fact->vf_index,
			      &spec->slot[fact->slot].wish, room);
}

/* What it offers is the driver's to say: that may take a while. */
static int read_vgpu(struct use *use, struct fact *fact, struct err *err)
{
	struct device *d = &fact->device;
	struct child_request request;
	struct child_reply reply;
	int r;

	look_request(&request, LOOK_VGPU, "/sys/%s", DEVICE_ATTR(&d->bdf, ""));
	(void)snprintf(request.value, sizeof(request.value), "%s", fact->vgpu_type);
	r = child_call(use->looker, &request, LIMIT_READ_MS, &reply);
	if (r == -ETIMEDOUT) {
		d->locked = true;
		child_end(use->looker);
		return child_spawn(use->looker, use->root, look_handle, err);
	}
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r, "%s: nvidia/current_vgpu_type: %s", BDF(&d->bdf),
			       strerror(-r));
	fact->has_vgpu = vgpu_read(reply.value, &fact->vgpu);
	return 0;
}

/* A function that its driver gives away as it is, without a word of its type. */
static bool may_lack_vgpu(const struct root *root, const struct fact *fact)
{
	return fact->wanted && fact->device.on_vfio && !fact->device.locked &&
	       sysfs_exists(root, DEVICE_ATTR(&fact->device.bdf, "nvidia"));
}

static int look_at(struct use *use, const struct spec *spec, struct fact *fact,
		   struct err *err)
{
	int r;

	if (fact->device.bridge)
		return 0;
	if (fact->device.coming)
		return settings_look_coming(use->root, use->looker, spec, fact, err);
	if (fact->vgpu_type[0]) {
		r = read_vgpu(use, fact, err);
		return r == 0 && fact->device.on_vfio && !fact->device.locked
			       ? use_look(use, &fact->device, err)
			       : r;
	}
	r = read_override(use->root, use->looker, &fact->device, err);
	if (fact->device.locked) /* refused for that; other looks could hang as well */
		return r;
	if (r == 0)
		r = read_direct(use->looker, fact, err);
	if (r == 0)
		r = settings_look(use->root, use->looker, spec, fact, err);
	if (r == 0 && may_lack_vgpu(use->root, fact))
		r = read_vgpu(use, fact, err);
	return r == 0 ? use_look(use, &fact->device, err) : r;
}

/* Who uses the functions that go when there are to be more; what those get. */
static int look_at_pf(struct use *use, const struct spec *spec, struct facts *facts,
		      const struct pf *pf, struct err *err)
{
	int r;

	if (!pf->needed || !pf->lacking)
		return 0;
	r = vfs_attributes_look(use->looker, spec, facts, pf, err);
	if (r < 0 || !pf->device.vfs)
		return r;
	use->device = &pf->device;
	use->bdf = pf->device.bdf;
	return use_vfs(use, err);
}

static bool has_mdevs(const struct facts *facts)
{
	bool has = false;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		has |= facts->mdev[i].wanted || facts->mdev[i].left;
	return has;
}

static bool has_acs_override(const struct root *root)
{
	_cleanup_free_ char *text = NULL;

	return file_read(root, "/proc/cmdline", LIMIT_ATTRIBUTE, &text, NULL) == 0 &&
	       strstr(text, "pcie_acs_override=");
}

int facts_look(const struct root *root, const struct spec *spec, struct facts *facts,
	       struct err *err)
{
	struct child looker = CHILD_NONE;
	_cleanup_(use_free) struct use use = {.root = root,
					      .looker = &looker,
					      .holdings = &facts->holdings,
					      .vmid = spec->vmid,
					      .claim = facts->claim,
					      .claims = facts->claims};
	int r;

	if (!facts->n && !facts->pfs.n && !has_mdevs(facts))
		return 0;
	facts->denylist = denylist_state(root);
	facts->acs_override = has_acs_override(root);
	r = child_spawn(&looker, root, look_handle, err);
	for (unsigned i = 0; r == 0 && i < facts->n; i++)
		r = look_at(&use, spec, &facts->fact[i], err);
	for (unsigned i = 0; r == 0 && i < facts->pfs.n; i++)
		r = look_at_pf(&use, spec, facts, &facts->pfs.item[i], err);
	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++)
		if (facts->mdev[i].wanted || facts->mdev[i].left)
			r = mdev_fact_look(root, &looker, &facts->mdev[i], err);
	if (r == 0)
		r = use_look_once(&use, err);
	child_end(&looker);
	return r;
}

struct facts *facts_new(void)
{
	return calloc(1, sizeof(struct facts));
}

int facts_resolve(const struct root *root, const struct spec *spec, struct facts *facts,
		  struct err *err)
{
	struct choice choice = {.pfs = &facts->pfs,
				.own = facts->own,
				.owns = facts->owns,
				.pick = facts->pick,
				.absent = facts->absent};
	int r;

	if (root->sys < 0)
		return err_set(err, ENOENT, "/sys is not mounted");
	facts->pfs.root = root;
	facts->pfs.spec = spec;
	facts->iommu = group_iommu_present(root);
	facts->driver_ready = sysfs_exists(root, "bus/pci/drivers/vfio-pci");
	r = choose(root, spec, facts->claim, facts->claims, &choice, err);
	facts->absents = choice.absents;
	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++)
		r = add_chosen(root, spec, facts, i, err);
	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++)
		mdev_fact_resolve(root, spec, i, facts);
	if (r == 0)
		r = add_siblings(root, facts, err);
	if (r < 0)
		return r;
	qsort(facts->fact, facts->n, sizeof(facts->fact[0]), by_group);
	return 0;
}

int facts_declare(const struct root *root, const struct bdf *bdf,
		  const struct declared *declared, struct facts *facts, struct err *err)
{
	char path[LIMIT_NAME * 2];
	struct fact *fact;
	int r = add(root, facts, bdf, -1, false, err);

	if (r == -ENODEV)
		return err_set(err, ENODEV, "%s is gone", BDF(bdf));
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "bus/pci/drivers/%s", declared->driver);
	facts->iommu = group_iommu_present(root);
	facts->driver_ready = sysfs_exists(root, path);
	fact = &facts->fact[facts->n - 1];
	fact->wanted = true;
	fact->declared = declared;
	return 0;
}

/* Variants of vfio-pci have it in their names. */
bool fact_is_for_guest(const struct fact *fact)
{
	return !fact->declared || strstr(fact->declared->driver, "vfio");
}

struct facts *facts_free(struct facts *facts)
{
	if (facts) {
		holdings_free(&facts->holdings);
		free(facts->claim);
		free(facts->own);
		free(facts->past);
		free(facts->vfs_attribute);
		free(facts);
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/facts.h"

#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/name.h"
#include "host/block.h"
#include "host/group.h"
#include "host/look.h"
#include "host/sysfs.h"

const struct fact *facts_find(const struct facts *facts, const struct bdf *bdf)
{
	for (unsigned i = 0; i < facts->n; i++)
		if (bdf_equal(&facts->fact[i].device.bdf, bdf))
			return &facts->fact[i];
	return NULL;
}

/* Adds a function; one that is there already stays, but becomes wanted. */
static int add(const struct root *root, struct facts *facts, const struct bdf *bdf,
	       int slot, bool wanted, struct err *err)
{
	struct fact *fact;
	int r;

	for (unsigned i = 0; i < facts->n; i++) {
		fact = &facts->fact[i];
		if (!bdf_equal(&fact->device.bdf, bdf))
			continue;
		if (wanted && fact->wanted && fact->slot != slot)
			return err_set(err, EINVAL,
				       "hostpci%d and hostpci%d both name %s: a device "
				       "can be given once",
				       fact->slot, slot, BDF(bdf));
		if (wanted && !fact->wanted)
			fact->slot = slot;
		fact->wanted |= wanted;
		return 0;
	}
	if (facts->n == LIMIT_DEVICES)
		return err_set(err, E2BIG, "more than %d functions for one machine",
			       LIMIT_DEVICES);
	fact = &facts->fact[facts->n];
	r = device_read(root, bdf, &fact->device);
	if (r < 0)
		return r == -ENODEV ? r
				    : err_set(err, -r, "%s: %s", BDF(bdf), strerror(-r));
	/* Its name becomes part of the paths that are written to. */
	if (fact->device.driver[0] && !name_valid(fact->device.driver))
		return err_set(err, EBADMSG, "%s: its driver has an odd name: '%s'",
			       BDF(bdf), fact->device.driver);
	fact->slot = slot;
	fact->wanted = wanted;
	facts->n++;
	return 0;
}

/* A name as sysfs has it, or nothing: 00000000:01:00.0 is well formed, but no name. */
static bool canonical(const char *text, struct bdf *ret)
{
	return bdf_parse(text, ret) == 0 && !strcmp(BDF(ret), text);
}

static int add_address(const struct root *root, struct facts *facts, unsigned slot,
		       const struct address *address, struct err *err)
{
	unsigned functions = address->whole_slot ? 8 : 1, found = 0;
	char text[32];
	struct bdf bdf;
	int r;

	for (unsigned f = 0; f < functions; f++) {
		(void)snprintf(text, sizeof(text), "%s", address->text);
		if (address->whole_slot)
			(void)snprintf(text, sizeof(text), "%s.%u", address->text, f);
		if (!canonical(text, &bdf))
			break;
		r = add(root, facts, &bdf, (int)slot, true, err);
		if (r < 0 && r != -ENODEV)
			return r;
		found += r == 0;
	}
	if (!found) {
		struct absent *absent = &facts->absent[facts->absents++];

		absent->slot = slot;
		memcpy(absent->text, address->text, sizeof(absent->text));
	}
	return 0;
}

static int add_siblings(const struct root *root, struct facts *facts, struct err *err)
{
	unsigned wanted = facts->n;
	struct group group;
	int r;

	for (unsigned i = 0; i < wanted; i++) {
		const struct fact *fact = &facts->fact[i];

		if (fact->device.group < 0)
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

/* driver_override is shown under the device lock, which a stuck unbind keeps for ever. */
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

static int look_closely(const struct root *root, struct facts *facts, struct err *err)
{
	struct child looker = CHILD_NONE;
	int r;

	if (!facts->n)
		return 0;
	r = child_spawn(&looker, root, look_handle, err);
	for (unsigned i = 0; r == 0 && i < facts->n; i++) {
		struct device *device = &facts->fact[i].device;

		if (device->bridge)
			continue;
		r = read_override(root, &looker, device, err);
		if (r == 0 && device->driver[0] && !device->on_vfio)
			r = block_holdings(root, &looker, &device->bdf, &facts->holdings,
					   err);
	}
	child_end(&looker);
	return r;
}

int facts_resolve(const struct root *root, const struct spec *spec, struct facts **ret,
		  struct err *err)
{
	_cleanup_(facts_freep) struct facts *facts = calloc(1, sizeof(*facts));
	int r = 0;

	if (!facts)
		return err_set(err, ENOMEM, "out of memory");
	if (root->sys < 0)
		return err_set(err, ENOENT, "/sys is not mounted");
	facts->iommu = group_iommu_present(root);
	facts->vfio_ready = sysfs_exists(root, "bus/pci/drivers/vfio-pci");
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct slot *slot = &spec->slot[i];

		/* Mapped and mediated devices are chosen and made by Proxmox itself. */
		if (!slot->present || !wish_has(&slot->wish, KEY_HOST) ||
		    wish_has(&slot->wish, KEY_MDEV))
			continue;
		for (unsigned a = 0; r == 0 && a < slot->wish.host.n; a++)
			r = add_address(root, facts, i, &slot->wish.host.item[a], err);
	}
	if (r == 0)
		r = add_siblings(root, facts, err);
	if (r < 0)
		return r;
	qsort(facts->fact, facts->n, sizeof(facts->fact[0]), by_group);
	*ret = TAKE_PTR(facts);
	return 0;
}

int facts_gather(const struct root *root, const struct spec *spec, struct facts **ret,
		 struct err *err)
{
	_cleanup_(facts_freep) struct facts *facts = NULL;
	int r = facts_resolve(root, spec, &facts, err);

	if (!facts)
		return r;
	r = look_closely(root, facts, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(facts);
	return 0;
}

struct facts *facts_free(struct facts *facts)
{
	if (facts) {
		holdings_free(&facts->holdings);
		free(facts->claim);
		free(facts);
	}
	return NULL;
}

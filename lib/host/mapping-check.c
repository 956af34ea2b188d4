/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mapping-check.h"

#include <errno.h>
#include <string.h>

#include "host/device.h"
#include "host/sysfs.h"

/* What differs, as text: one sentence a property. */
struct differences {
	char text[600];
	size_t n;
};

static void compare(struct differences *d, const char *name, const char *host,
		    const char *map)
{
	size_t at = strlen(d->text);

	if ((!host && !map) || (host && map && !strcmp(host, map)))
		return;
	d->n++;
	if (!map)
		(void)snprintf(d->text + at, sizeof(d->text) - at,
			       "%s%s= is missing, the host shows %.40s", at ? "; " : "",
			       name, host);
	else
		(void)snprintf(d->text + at, sizeof(d->text) - at,
			       "%s%s=%.40s, but the host shows %.40s", at ? "; " : "",
			       name, map, host ? host : "none");
}

/* The text of an attribute without 0x; NULL: there is none. */
static const char *attribute(const struct root *root, const struct bdf *bdf,
			     const char *name, char buf[static 16])
{
	if (sysfs_read(root, DEVICE_ATTR(bdf, name), buf, 16) < 0)
		return NULL;
	return strncmp(buf, "0x", 2) ? buf : buf + 2;
}

/* "VENDOR:DEVICE" of two attributes; NULL unless both are there. */
static const char *pair(const struct root *root, const struct bdf *bdf,
			const char *vendor, const char *device, char buf[static 40])
{
	char a[16], b[16];
	const char *v = attribute(root, bdf, vendor, a);
	const char *d = attribute(root, bdf, device, b);

	if (!v || !d)
		return NULL;
	(void)snprintf(buf, 40, "%s:%s", v, d);
	return buf;
}

/* Mediated devices of a driver, or NVIDIA's vGPU types (Linux 6.8 and later). */
static const char *makes_mdevs(const struct root *root, const struct bdf *bdf)
{
	return sysfs_exists(root, DEVICE_ATTR(bdf, "mdev_supported_types")) ||
			       sysfs_exists(root, DEVICE_ATTR(bdf, "nvidia"))
		       ? "1"
		       : "0";
}

/* Its group's number is not known before it exists. */
static int check_coming(const char *name, const struct mapping_map *map,
			const struct pf *pf, struct err *err)
{
	struct differences d = {0};
	char id[16];

	if (!pf)
		return err_set(err, ENODEV,
			       "%s is no PCI device of this host (lspci -D lists them)",
			       name);
	(void)snprintf(id, sizeof(id), "%04x:%04x", pf->device.vendor, pf->vf_product);
	compare(&d, "id", id, map->id);
	return d.n ? err_set(err, ESTALE, "%s: %s", name, d.text) : 0;
}

static int check_path(const struct root *root, const struct mapping *mapping,
		      const struct mapping_map *map, const struct address *address,
		      struct pfs *pfs, struct err *err)
{
	struct differences d = {0};
	char name[32], text[40];
	struct bdf bdf;
	char group[LIMIT_NAME];

	/* All functions of a slot: what function 0 shows counts. */
	(void)snprintf(name, sizeof(name), "%s%s", address->text,
		       address->whole_slot ? ".0" : "");
	if (bdf_parse(name, &bdf) < 0 || strcmp(BDF(&bdf), name) != 0)
		return err_set(err, ENODEV,
			       "%s is no PCI device of this host (lspci -D lists them)",
			       name);
	if (!sysfs_exists(root, DEVICE_ATTR(&bdf, "")))
		return check_coming(name, map, pfs ? pfs_of(pfs, &bdf) : NULL, err);
	compare(&d, "id", pair(root, &bdf, "vendor", "device", text), map->id);
	if (address == &map->paths.item[0]) {
		if (sysfs_link(root, DEVICE_ATTR(&bdf, "iommu_group"), group,
			       sizeof(group)) < 0)
			group[0] = '\0';
		compare(&d, "iommugroup", group[0] ? group : NULL, map->iommugroup);
	}
	compare(&d, "mdev", makes_mdevs(root, &bdf), mapping->mdev ? "1" : "0");
	compare(&d, "subsystem-id",
		pair(root, &bdf, "subsystem_vendor", "subsystem_device", text),
		map->subsystem);
	return d.n ? err_set(err, ESTALE, "%s: %s", name, d.text) : 0;
}

int mapping_check(const struct root *root, const struct mapping *mapping,
		  const struct mapping_map *map, struct pfs *pfs, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < map->paths.n; i++)
		r = check_path(root, mapping, map, &map->paths.item[i], pfs, err);
	return r;
}

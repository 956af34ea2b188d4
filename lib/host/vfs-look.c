/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vfs-look.h"

#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "host/sysfs.h"
#include "host/use.h"

enum { POLL_MS = 20 };

struct seen {
	uint64_t count; /* as the kernel counts */
	unsigned links; /* that lead there and back */
	unsigned netdevs_late;
};

static int has_ifindex(void *context, const char *name)
{
	const struct use *use = context;
	char path[DEVICE_PATH + LIMIT_NAME];

	(void)snprintf(path, sizeof(path), "%s/%s/ifindex", DEVICE_ATTR(&use->bdf, "net"),
		       name);
	return sysfs_exists(use->root, path);
}

/* A driver of the host has it and will show its network interface. */
static bool lacks_netdev(const struct root *root, const struct bdf *vf)
{
	struct use use = {.root = root, .bdf = *vf};
	struct device d;

	return device_read(root, vf, &d) == 0 && d.driver[0] && !d.on_vfio &&
	       d.class_code >> 8 == 0x0200 &&
	       sysfs_each(root, DEVICE_ATTR(vf, "net"), SYSFS_FOLDERS, has_ifindex,
			  &use) != 1;
}

static int look_once(const struct root *root, const struct bdf *pf, struct seen *ret)
{
	char text[32], name[32], address[32];
	struct seen seen = {0};
	struct bdf vf;
	int r = sysfs_read(root, DEVICE_ATTR(pf, "sriov_numvfs"), text, sizeof(text));

	if (r == 0)
		r = number_parse(text, UINT16_MAX, &seen.count);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < seen.count; i++) {
		(void)snprintf(name, sizeof(name), "virtfn%u", i);
		if (sysfs_link(root, DEVICE_ATTR(pf, name), address, sizeof(address)) <
			    0 ||
		    bdf_parse(address, &vf) < 0 ||
		    !sysfs_exists(root, DEVICE_ATTR(&vf, "physfn")))
			continue;
		seen.links++;
		seen.netdevs_late += lacks_netdev(root, &vf);
	}
	*ret = seen;
	return 0;
}

/* By what they lead to, not by their names: udev renames interfaces when it likes. */
int vfs_look(const struct root *root, const char *path, char *buf, size_t size)
{
	int64_t end = clock_ms() + LIMIT_LINKS_MS;
	struct seen seen;
	struct bdf pf;
	int r = bdf_parse(strrchr(path, '/') + 1, &pf);

	if (r < 0)
		return r;
	for (;;) {
		r = look_once(root, &pf, &seen);
		if (r < 0)
			return r;
		if ((seen.links == seen.count && !seen.netdevs_late) || clock_ms() >= end)
			break;
		clock_sleep_ms(POLL_MS);
	}
	(void)snprintf(buf, size, "%u", (unsigned)seen.count);
	if (seen.links != seen.count)
		(void)snprintf(buf, size, "%u links %u", (unsigned)seen.count,
			       seen.links);
	else if (seen.netdevs_late)
		(void)snprintf(buf, size, "%u late %u", (unsigned)seen.count,
			       seen.netdevs_late);
	return 0;
}

int vfs_look_busy(const struct root *root, const char *path, char *buf, size_t size)
{
	struct holdings holdings = {0};
	_cleanup_(use_free) struct use use = {.root = root, .holdings = &holdings};
	struct device device;
	struct err err;
	int r = bdf_parse(strrchr(path, '/') + 1, &use.bdf);

	if (r == 0)
		r = device_read(root, &use.bdf, &device);
	use.device = &device;
	if (r == 0)
		r = use_vfs(&use, &err);
	if (r == 0)
		r = use_look_once(&use, &err);
	for (size_t i = 0; r == 0 && i < holdings.n && !buf[0]; i++) {
		const struct holding *h = &holdings.item[i];

		if (h->grade != GRADE_TELL)
			(void)snprintf(buf, size, "%s %s", h->what, h->why);
	}
	holdings_free(&holdings);
	return r;
}

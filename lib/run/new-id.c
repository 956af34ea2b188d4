/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/new-id.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/opener.h"
#include "host/look.h"
#include "host/sysfs.h"
#include "run/act.h"
#include "run/claims.h"
#include "run/reservation.h"

#define VFIO_PCI "bus/pci/drivers/vfio-pci"
#define LOCKS	 "/var/lock/qemu-server"

struct search {
	const struct root *root;
	struct facts *facts; /* who has what */
	struct child child;
	struct new_ids *found;
};

/* Calls @each with every entry of a folder that ends in @end; stops at non-zero. */
static int each_file(const struct root *root, const char *folder, const char *end,
		     int (*each)(const struct root *, const char *path, void *),
		     void *context)
{
	int fd = root_openat(root, folder, O_RDONLY | O_DIRECTORY, 0), r = 0;
	struct dirent *e;
	DIR *dir;

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (e = readdir(dir))) {
		size_t n = strlen(e->d_name), m = strlen(end);
		char path[PATH_MAX];

		if (n < m || strcmp(e->d_name + n - m, end) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		r = each(root, path, context);
	}
	closedir(dir);
	return r;
}

/* 1: a line about vfio-pci has the id @context ("8086:10ca"), as ids= does. */
static int names_id(const struct root *root, const char *path, void *context)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	bool found = false;

	if (file_read(root, path, LIMIT_CONFIG, &text, NULL) < 0)
		return 0;
	rest = text;
	while (!found && (line = strsep(&rest, "\n")))
		found = line[0] != '#' && strstr(line, "ids=") &&
			(strstr(line, "vfio-pci") || strstr(line, "vfio_pci")) &&
			strcasestr(line, context);
	return found;
}

static bool is_asked_for(const struct root *root, const struct device *device)
{
	static const char *const folders[] = {"/etc/modprobe.d", "/run/modprobe.d",
					      "/usr/local/lib/modprobe.d",
					      "/usr/lib/modprobe.d", "/lib/modprobe.d"};
	char id[16];
	bool found;

	(void)snprintf(id, sizeof(id), "%04x:%04x", device->vendor, device->product);
	found = names_id(root, "/proc/cmdline", id) > 0;
	for (size_t i = 0; !found && i < ARRAY_SIZE(folders); i++)
		found = each_file(root, folders[i], ".conf", names_id, id) > 0;
	return found;
}

/* driver_override is shown under the device lock. Not to be told counts as set. */
static bool has_override(struct search *s, const struct bdf *bdf)
{
	struct child_request request;
	struct child_reply reply;

	look_request(&request, LOOK_READ, "/sys/%s", DEVICE_ATTR(bdf, "driver_override"));
	return s->child.busy ||
	       child_call(&s->child, &request, LIMIT_READ_MS, &reply) < 0 ||
	       reply.result < 0 || !strcmp(reply.value, "vfio-pci");
}

static bool is_open(const struct root *root, int group)
{
	char node[32], who[96];

	(void)snprintf(node, sizeof(node), "/dev/vfio/%d", group);
	return group >= 0 && opener_first(root, node, who, sizeof(who))[0];
}

static int look_at(void *context, const char *name)
{
	struct search *s = context;
	struct grabbed *grown;
	struct device d;
	struct bdf bdf;

	if (bdf_parse(name, &bdf) < 0 ||
	    !sysfs_exists(s->root, DEVICE_ATTR(&bdf, "physfn")) ||
	    facts_claim(s->facts, &bdf) || device_read(s->root, &bdf, &d) < 0 ||
	    has_override(s, &bdf) || is_asked_for(s->root, &d) ||
	    is_open(s->root, d.group))
		return 0;
	grown = realloc(s->found->item, (s->found->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->found->item = grown;
	grown[s->found->n++] =
		(struct grabbed){.bdf = bdf, .vendor = d.vendor, .product = d.product};
	return 0;
}

/* Everybody's: no machine has the number 0. */
static int gather_claims(struct search *s, struct err *err)
{
	struct notes notes = {0};
	int r;

	s->facts = facts_new();
	if (!s->facts)
		return err_set(err, ENOMEM, "out of memory");
	r = claims_gather(s->root, 0, s->facts, &notes, err);
	notes_free(&notes);
	return r < 0 ? r : reservation_gather(s->root, 0, s->facts, err);
}

int new_ids_find(const struct root *root, struct new_ids *ret, struct err *err)
{
	struct search s = {.root = root, .child = CHILD_NONE, .found = ret};
	int r;

	*ret = (struct new_ids){0};
	if (!sysfs_exists(root, VFIO_PCI))
		return 0;
	r = gather_claims(&s, err);
	if (r == 0)
		r = child_spawn(&s.child, root, look_handle, err);
	if (r == 0) {
		r = sysfs_each(root, VFIO_PCI, SYSFS_LINKS, look_at, &s);
		child_end(&s.child);
		if (r < 0)
			r = err_set(err, -r, "/sys/" VFIO_PCI ": %s", strerror(-r));
	}
	facts_free(s.facts);
	return r;
}

static int is_held(const struct root *root, const char *path, void *context)
{
	_cleanup_close_ int fd = root_openat(root, path, O_RDWR, 0);

	(void)context;
	return fd >= 0 && lock_take(fd, 0) == -EBUSY;
}

static int remove_id(struct child *child, const struct grabbed *id)
{
	struct child_request request = {.op = ACT_WRITE,
					.path = "/sys/" VFIO_PCI "/remove_id"};
	struct child_reply reply;
	int r;

	(void)snprintf(request.value, sizeof(request.value), "%04x %04x", id->vendor,
		       id->product);
	r = child_call(child, &request, LIMIT_READ_MS, &reply);
	return r < 0 ? r : reply.result;
}

/* Several functions have come by one id: it is there once. */
static void mark_removed(struct new_ids *ids, const struct grabbed *id)
{
	for (size_t i = 0; i < ids->n; i++)
		ids->item[i].removed |= ids->item[i].vendor == id->vendor &&
					ids->item[i].product == id->product;
}

int new_ids_remove(const struct root *root, struct new_ids *ids, struct err *err)
{
	struct child child = CHILD_NONE;
	int r = 0;

	if (!ids->n)
		return 0;
	if (each_file(root, LOCKS, ".conf", is_held, NULL) != 0)
		return err_set(err, EBUSY, "Proxmox is starting or stopping a machine");
	r = child_spawn(&child, root, act_handle, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < ids->n; i++) {
		if (ids->item[i].removed)
			continue;
		r = remove_id(&child, &ids->item[i]);
		if (r == 0)
			mark_removed(ids, &ids->item[i]);
		ids->item[i].absent = r == -ENODEV;
		r = r == -ENODEV ? 0 : r;
	}
	if (r < 0)
		(void)err_set(err, -r, "/sys/" VFIO_PCI "/remove_id: %s", strerror(-r));
	child_end(&child);
	return r;
}

void new_ids_free(struct new_ids *ids)
{
	free(ids->item);
	*ids = (struct new_ids){0};
}

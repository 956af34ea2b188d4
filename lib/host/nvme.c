/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/nvme.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"
#include "host/device.h"
#include "host/sysfs.h"

enum {
	ADMIN_IDENTIFY = 0x06,
	ADMIN_VIRT_MGMT = 0x1c,
	CNS_CONTROLLER = 0x01,
	CNS_CAPABILITIES = 0x14, /* of a primary controller */
	CNS_SECONDARY = 0x15,	 /* list of secondary controllers, from a number on */
	ID_AT = 78,		 /* of Identify Controller: its own number */
	OACS_AT = 256,
	OACS_VIRT_MGMT = 1 << 7,
	SECONDARY_MAX = 127, /* of one list */
};

/* Identify Controller's secondary list: an entry, and the list. */
struct entry {
	uint16_t id, primary;
	uint8_t state, reserved[3];
	uint16_t vf, queues, interrupts;
	uint8_t more[18];
};

struct list {
	uint8_t n, reserved[31];
	struct entry entry[SECONDARY_MAX];
};

/* Primary Controller Capabilities, the part of one resource. */
struct capability {
	uint32_t total, assigned;
	uint16_t primary, own, most, grain;
};

enum {
	CAPABILITY_TYPES_AT = 4, /* bit 0: queues are shared, bit 1: interrupts */
	CAPABILITY_AT = 32,
	CAPABILITY_SIZE = 32,
};

union page {
	uint8_t byte[4096];
	struct list list;
};

/* Of the command-specific statuses (NVM Express Base Specification 2.0, figure 99). */
static int status_errno(int status)
{
	switch (status & 0x7ff) {
	case 0x001: /* no such command */
	case 0x002: /* or not with these fields */
		return -EOPNOTSUPP;
	case 0x11f: /* invalid controller identifier */
		return -ENODATA;
	case 0x120: /* invalid secondary controller state */
		return -EBUSY;
	case 0x121: /* invalid number of controller resources */
		return -ENOSPC;
	case 0x122: /* invalid resource identifier */
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* No timeout but the driver's own (nvme_core.admin_timeout), after which it resets the
 * controller. */
static int admin(const struct nvme *nvme, struct nvme_admin_cmd *command)
{
	int r = ioctl(nvme->fd, NVME_IOCTL_ADMIN_CMD, command);

	if (r < 0)
		return errno == ENOTTY ? -ENOENT : -errno;
	return r ? status_errno(r) : 0;
}

static int identify(const struct nvme *nvme, unsigned cns, unsigned from, union page *ret)
{
	struct nvme_admin_cmd command = {
		.opcode = ADMIN_IDENTIFY,
		.addr = (uintptr_t)ret,
		.data_len = sizeof(*ret),
		.cdw10 = cns | from << 16,
	};

	memset(ret, 0, sizeof(*ret));
	return admin(nvme, &command);
}

int nvme_manage(const struct nvme *nvme, uint16_t id, enum nvme_action action,
		enum nvme_resource resource, unsigned n)
{
	struct nvme_admin_cmd command = {
		.opcode = ADMIN_VIRT_MGMT,
		.cdw10 = (unsigned)action | (unsigned)resource << 8 | (unsigned)id << 16,
		.cdw11 = n,
	};

	return admin(nvme, &command);
}

/* "nvme0"; not "nvme0c0n1", which is below it. */
static int take_name(void *context, const char *name)
{
	(void)snprintf(context, LIMIT_NAME, "%s", name);
	return 1;
}

int nvme_open(const struct root *root, const char *path, struct nvme *ret)
{
	char at[DEVICE_PATH + 32], name[LIMIT_NAME], node[LIMIT_NAME + 8];
	const char *address = strrchr(path, '/') + 1;
	int r;

	(void)snprintf(at, sizeof(at), "bus/pci/devices/%.32s/physfn", address);
	(void)snprintf(at, sizeof(at), "bus/pci/devices/%.32s%s/nvme", address,
		       sysfs_exists(root, at) ? "/physfn" : "");
	r = sysfs_each(root, at, SYSFS_FOLDERS, take_name, name);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	(void)snprintf(node, sizeof(node), "/dev/%s", name);
	ret->fd = root_openat(root, node, O_RDWR | O_NOFOLLOW, 0);
	return ret->fd < 0 ? ret->fd : 0;
}

void nvme_close(struct nvme *nvme)
{
	close(nvme->fd);
}

static int last_id(const struct list *list)
{
	return le16toh(list->entry[list->n - 1].id);
}

int nvme_find(const struct nvme *nvme, unsigned index, uint16_t *ret_id,
	      struct nvme_state *ret)
{
	union page page;
	int from = 0, r;

	for (;;) {
		r = identify(nvme, CNS_SECONDARY, (unsigned)from, &page);
		if (r < 0)
			return r;
		if (page.list.n > SECONDARY_MAX)
			return -EBADMSG;
		for (unsigned i = 0; i < page.list.n; i++) {
			const struct entry *e = &page.list.entry[i];

			if (le16toh(e->vf) != index + 1)
				continue;
			*ret_id = le16toh(e->id);
			*ret = (struct nvme_state){
				.online = e->state & 1,
				.has = {le16toh(e->queues), le16toh(e->interrupts)},
			};
			return 0;
		}
		/* Numbers that do not grow would be asked for without end. */
		if (page.list.n < SECONDARY_MAX || last_id(&page.list) < from)
			return -ENODATA;
		from = last_id(&page.list) + 1;
		if (from > UINT16_MAX)
			return -ENODATA;
	}
}

/* What is not the physical function's own, in equal parts. */
static int share_of(const union page *page, enum nvme_resource resource, unsigned count,
		    int *ret_most)
{
	struct capability c;
	unsigned n, total;

	*ret_most = -1;
	if (!(page->byte[CAPABILITY_TYPES_AT] & 1 << resource))
		return -1;
	memcpy(&c, page->byte + CAPABILITY_AT + CAPABILITY_SIZE * resource, sizeof(c));
	total = le32toh(c.total);
	total -= total < le16toh(c.primary) ? total : le16toh(c.primary);
	*ret_most = (int)(total < le16toh(c.most) ? total : le16toh(c.most));
	n = count ? total / count : 0;
	if (n > le16toh(c.most))
		n = le16toh(c.most);
	if (le16toh(c.grain))
		n -= n % le16toh(c.grain);
	return (int)n;
}

static unsigned word_at(const union page *page, size_t at)
{
	return page->byte[at] | (unsigned)page->byte[at + 1] << 8;
}

static int read_offer(const struct nvme *nvme, unsigned index, unsigned count,
		      struct nvme_offer *ret)
{
	union page page;
	unsigned primary;
	uint16_t id;
	int r = identify(nvme, CNS_CONTROLLER, 0, &page);

	if (r < 0)
		return r;
	if (!(word_at(&page, OACS_AT) & OACS_VIRT_MGMT))
		return -EOPNOTSUPP;
	primary = word_at(&page, ID_AT);
	r = nvme_find(nvme, index, &id, &ret->state);
	if (r == 0)
		r = identify(nvme, CNS_CAPABILITIES, primary, &page);
	for (int i = 0; r == 0 && i < _NVME_RESOURCE_MAX; i++)
		ret->share[i] =
			share_of(&page, (enum nvme_resource)i, count, &ret->most[i]);
	return r;
}

/* How many functions there are: @path is one of them, or has them. */
static unsigned count_of(const struct root *root, const char *path)
{
	char address[LIMIT_NAME], at[DEVICE_PATH];
	struct device pf;
	struct bdf bdf;

	(void)snprintf(at, sizeof(at), "bus/pci/devices/%.32s/physfn",
		       strrchr(path, '/') + 1);
	if (sysfs_link(root, at, address, sizeof(address)) < 0 || !address[0])
		(void)snprintf(address, sizeof(address), "%.32s", strrchr(path, '/') + 1);
	return bdf_parse(address, &bdf) == 0 && device_read(root, &bdf, &pf) == 0 ? pf.vfs
										  : 0;
}

int nvme_look(const struct root *root, const char *path, const char *request, char *buf,
	      size_t size)
{
	char first[16], text[NVME_OFFER];
	size_t digits = strcspn(request, " ");
	const char *second = request + digits + (request[digits] == ' ');
	uint64_t index, count = 0;
	struct nvme_offer offer;
	struct nvme nvme;
	int r;

	(void)snprintf(first, sizeof(first), "%.*s", (int)digits, request);
	if (number_parse(first, UINT16_MAX, &index) < 0 ||
	    (second[0] && number_parse(second, UINT16_MAX, &count) < 0))
		return -EINVAL;
	r = nvme_open(root, path, &nvme);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = read_offer(&nvme, (unsigned)index,
		       second[0] ? (unsigned)count : count_of(root, path), &offer);
	nvme_close(&nvme);
	if (r == 0)
		(void)snprintf(buf, size, "%s", nvme_offer_format(&offer, text));
	return r;
}

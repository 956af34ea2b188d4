/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/pf-match.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/device.h"
#include "host/sysfs.h"

/* Extended capabilities (PCI Express, 7.6): a list of headers from 0x100 on. */
enum { CAP_FIRST = 0x100, CAP_SERIAL = 0x0003, CONFIG_SIZE = 4096 };

struct search {
	const struct root *root;
	const struct bdf *bdf;
	const struct pf_name *name;
	const char *folder, *attribute; /* "net", "address" */
};

/* What a file below a folder of the device says, trailing blanks and case apart. */
static int says_so(void *context, const char *child)
{
	const struct search *s = context;
	char path[DEVICE_PATH + LIMIT_NAME * 3], text[LIMIT_NAME * 2];
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", DEVICE_ATTR(s->bdf, s->folder),
		       child, s->attribute);
	if (sysfs_read(s->root, path, text, sizeof(text)) < 0)
		return 0;
	for (n = strlen(text); n && text[n - 1] == ' '; n--)
		text[n - 1] = '\0';
	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return !strcmp(text, s->name->text);
}

static bool below_says(struct search s, const char *folder, const char *attribute)
{
	s.folder = folder;
	s.attribute = attribute;
	return sysfs_each(s.root, DEVICE_ATTR(s.bdf, folder), SYSFS_FOLDERS, says_so,
			  &s) == 1;
}

static uint32_t dword(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* The card's own, as lspci prints it: 52-54-00-ff-ff-12-34-56. */
static bool has_serial(const struct search *s)
{
	_cleanup_close_ int fd =
		root_opensys(s->root, DEVICE_ATTR(s->bdf, "config"), O_RDONLY);
	unsigned char config[CONFIG_SIZE] = {0};
	char text[32] = "";
	ssize_t n = fd < 0 ? 0 : pread(fd, config, sizeof(config), 0);
	size_t at = CAP_FIRST, size = n < 0 ? 0 : (size_t)n;

	/* A list is never longer than the room for it. */
	for (int left = CONFIG_SIZE / 8; left && at >= CAP_FIRST && at + 12 <= size;
	     left--) {
		const unsigned char *cap = config + at;

		if ((dword(cap) & 0xffff) == CAP_SERIAL)
			(void)snprintf(text, sizeof(text),
				       "%02x-%02x-%02x-%02x-%02x-%02x-%02x-%02x", cap[11],
				       cap[10], cap[9], cap[8], cap[7], cap[6], cap[5],
				       cap[4]);
		at = dword(cap) >> 20 & 0xffc;
	}
	return text[0] && !strcmp(text, s->name->text);
}

static bool has_id(const struct search *s)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "%04x:%04x",
		       sysfs_number(s->root, DEVICE_ATTR(s->bdf, "vendor"), 0xffff),
		       sysfs_number(s->root, DEVICE_ATTR(s->bdf, "device"), 0xffff));
	return !strcmp(id, s->name->text);
}

static bool has_netdev(const struct search *s)
{
	char path[DEVICE_PATH + LIMIT_NAME];

	(void)snprintf(path, sizeof(path), "%s/%s", DEVICE_ATTR(s->bdf, "net"),
		       s->name->text);
	return sysfs_exists(s->root, path);
}

/* A slot's address has no function: 0000:01:00. */
static bool in_slot(const struct search *s)
{
	char path[32 + LIMIT_NAME], text[32];

	(void)snprintf(path, sizeof(path), "bus/pci/slots/%s/address", s->name->text);
	return sysfs_read(s->root, path, text, sizeof(text)) == 0 && text[0] &&
	       !strncmp(BDF(s->bdf), text, strlen(text)) &&
	       BDF(s->bdf)[strlen(text)] == '.';
}

bool device_matches(const struct root *root, const struct bdf *bdf,
		    const struct pf_name *name)
{
	const struct search s = {.root = root, .bdf = bdf, .name = name};

	if (!sysfs_exists(root, DEVICE_ATTR(bdf, "")))
		return false;
	switch (name->kind) {
	case PF_NAME_ADDRESS:
		return bdf_equal(bdf, &name->bdf);
	case PF_NAME_ID:
		return has_id(&s);
	case PF_NAME_SERIAL:
		return below_says(s, "nvme", "serial") || has_serial(&s);
	case PF_NAME_MAC:
		return below_says(s, "net", "address");
	case PF_NAME_NETDEV:
		return has_netdev(&s);
	case PF_NAME_SLOT:
		return in_slot(&s);
	case _PF_NAME_MAX:
		break;
	}
	return false;
}

bool pf_matches(const struct root *root, const struct bdf *bdf,
		const struct pf_name *name)
{
	return sysfs_exists(root, DEVICE_ATTR(bdf, "sriov_totalvfs")) &&
	       device_matches(root, bdf, name);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is on a disk that nobody uses, by what udev has read there: a volume group or pool
 * of the host that is not active now, or of the guest that had the disk. The disk itself
 * is not read: it may sleep.
 */
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "host/sysfs.h"
#include "host/use.h"

/* The value of @key in udev's lines "E:KEY=VALUE"; false: there is none. */
static bool find(const char *text, const char *key, char *buf, size_t size)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "E:", 2) && !strncmp(line + 2, key, n) &&
		    line[2 + n] == '=') {
			line += 2 + n + 1;
			say(buf, size, "%.*s", (int)strcspn(line, "\n"), line);
			return buf[0] != '\0';
		}
	}
	return false;
}

/* As libblkid names them (libblkid/src/superblocks); what names the whole, if udev knows
 * it. */
static const struct label {
	const char *type, *words, *name;
} labels[] = {
	{"LVM2_member", "an LVM physical volume", "LVM_VG_NAME_COMPLETE"},
	{"zfs_member", "a part of a ZFS pool", "ID_FS_LABEL"},
	{"linux_raid_member", "a part of an md array", "ID_FS_LABEL"},
	{"bcache", "a part of a bcache", ""},
};

static const struct label *find_label(const char *text)
{
	char type[32];

	if (!find(text, "ID_FS_TYPE", type, sizeof(type)))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (!strcmp(type, labels[i].type))
			return &labels[i];
	return NULL;
}

int use_label(struct use *use, const char *disk, const char *number, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	const struct label *label;
	char path[64], name[64];
	struct holding *h;
	bool named;

	(void)snprintf(path, sizeof(path), "/run/udev/data/b%.32s", number);
	if (file_read(use->root, path, LIMIT_ATTRIBUTE * 4, &text, NULL) < 0)
		return 0;
	label = find_label(text);
	if (!label)
		return 0;
	named = label->name[0] && find(text, label->name, name, sizeof(name));
	h = use_add(use, GRADE_TELL, err);
	if (!h)
		return -ENOMEM;
	SAY(h->what, "/dev/%s", disk);
	SAY(h->why,
	    "has %s on it%s%s%s, which is not active: if a storage of this host is there "
	    "(pvesm status, /etc/pve/storage.cfg), the machine gets it",
	    label->words, named ? " (" : "", named ? name : "", named ? ")" : "");
	return 0;
}

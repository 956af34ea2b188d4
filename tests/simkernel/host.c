/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path below the fake root. */
struct path below(const char *fmt, ...)
{
	struct path p;
	size_t n = (size_t)snprintf(p.s, sizeof(p.s), "%s", sim.root);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p.s + n, sizeof(p.s) - n, fmt, ap);
	va_end(ap);
	return p;
}

/* The device's file or folder @name. */
struct path of(const struct device *d, const char *name)
{
	struct path p = d->folder;

	(void)strncat(strcat(p.s, "/"), name, 255);
	return p;
}

bool exists(struct path p)
{
	struct stat st;

	return lstat(p.s, &st) == 0;
}

void read_text(struct path p, char *buf, size_t size)
{
	FILE *f = fopen(p.s, "re");

	buf[0] = '\0';
	if (f && fgets(buf, (int)size, f))
		buf[strcspn(buf, "\n")] = '\0';
	if (f)
		fclose(f);
}

void write_text(struct path p, const char *text)
{
	FILE *f = fopen(p.s, "we");

	if (!f)
		return;
	if (text[0])
		(void)fprintf(f, "%s\n", text);
	fclose(f);
}

/* The last part of where a link points. */
void read_link(struct path p, char *buf, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = readlink(p.s, target, sizeof(target) - 1);

	buf[0] = '\0';
	if (n < 0)
		return;
	target[n] = '\0';
	(void)snprintf(buf, size, "%s", strrchr(target, '/') + 1);
}

bool find(const char *address, struct device *ret)
{
	char text[64];

	memset(ret, 0, sizeof(*ret));
	/* sysfs_streq(): one newline at the end does not count. */
	(void)snprintf(ret->address, sizeof(ret->address), "%.*s",
		       (int)strcspn(address, "\n"), address);
	if (!ret->address[0] || strchr(ret->address, '/') ||
	    !realpath(below("sys/bus/pci/devices/%s", ret->address).s, ret->folder.s))
		return false;
	read_link(of(ret, "driver"), ret->driver, sizeof(ret->driver));
	read_link(of(ret, "iommu_group"), ret->group, sizeof(ret->group));
	read_text(of(ret, "driver_override"), text, sizeof(text));
	if (strcmp(text, "(null)") != 0)
		(void)snprintf(ret->override, sizeof(ret->override), "%s", text);
	read_text(of(ret, "class"), text, sizeof(text));
	ret->class_code = strtoul(text, NULL, 16);
	return true;
}

/* Links in sysfs are relative: from @from, a folder below /sys, to @to, below /sys. */
void link_to(const char *to, const char *from, const char *name)
{
	char target[PATH_MAX] = "";
	const char *rest = from + strlen(below("sys/").s);
	struct path at;

	(void)strcat(target, "../");
	for (; *rest; rest++)
		if (*rest == '/')
			(void)strcat(target, "../");
	(void)strncat(target, to, sizeof(target) - strlen(target) - 1);
	(void)snprintf(at.s, sizeof(at.s), "%s/%s", from, name);
	(void)!symlink(target, at.s);
}

/* The children that a driver made (nvme/nvme0, net/eth0, ata1) come and go with it. */
void move_children(const struct device *d, bool away)
{
	struct path stash, from, to;
	struct dirent *e;
	struct stat st;
	DIR *dir;

	(void)snprintf(stash.s, sizeof(stash.s), "%s/stash", sim.folder);
	(void)mkdir(stash.s, 0700);
	(void)snprintf(stash.s, sizeof(stash.s), "%s/stash/%s", sim.folder, d->address);
	(void)mkdir(stash.s, 0700);
	from = away ? d->folder : stash;
	to = away ? stash : d->folder;
	dir = opendir(from.s);
	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "power") ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		(void)strcat(strcat(to.s, "/"), e->d_name);
		(void)renameat(dirfd(dir), e->d_name, AT_FDCWD, to.s);
		*strrchr(to.s, '/') = '\0';
	}
	if (dir)
		closedir(dir);
}

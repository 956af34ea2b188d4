/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets, power, sizes of BARs, and devices that come and go. Which reset methods really
 * work is in SIMKERNEL/methods/ADDRESS; what reset_method shows may be more (stale).
 */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct path in_folder(const char *name, const char *address)
{
	struct path p;

	(void)snprintf(p.s, sizeof(p.s), "%s/%s/%s", sim.folder, name, address);
	return p;
}

/* The device whose attribute @levels above its name is written. */
static bool find_written(const struct sim_write *write, int levels, struct device *ret)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", write->path);
	while (levels--)
		*strrchr(path, '/') = '\0';
	return find(strrchr(path, '/') + 1, ret);
}

static bool has_word(const char *list, const char *word, size_t n)
{
	for (; *list; list += strcspn(list, " "), list += *list == ' ')
		if (strcspn(list, " ") == n && !strncmp(list, word, n))
			return true;
	return false;
}

/* True if each, or any, of the words of @list works. */
static bool works(const char *list, const char *working, bool each)
{
	for (; *list; list += strcspn(list, " \n"), list += *list == ' ' || *list == '\n')
		if (has_word(working, list, strcspn(list, " \n")) != each)
			return !each;
	return each;
}

int answer_reset_method(const struct sim_write *write)
{
	char working[128], value[128];
	struct device d;

	if (!find_written(write, 1, &d))
		return ENODEV;
	read_text(in_folder("methods", d.address), working, sizeof(working));
	(void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(write->value, "\n"),
		       write->value);
	if (!strcmp(value, "default"))
		(void)snprintf(value, sizeof(value), "%s", working);
	else if (!works(value, working, true))
		return EINVAL;
	write_text(of(&d, "reset_method"), value);
	return 0;
}

int answer_reset(const struct sim_write *write)
{
	char working[128], list[128];
	struct device d;

	if (strtoul(write->value, NULL, 0) != 1 || !find_written(write, 1, &d))
		return EINVAL;
	read_text(in_folder("methods", d.address), working, sizeof(working));
	read_text(of(&d, "reset_method"), list, sizeof(list));
	return works(list, working, false) ? 0 : ENOTTY;
}

int answer_power(const struct sim_write *write)
{
	struct device d;

	if (!find_written(write, 2, &d) ||
	    (strcmp(write->value, "on") != 0 && strcmp(write->value, "auto") != 0))
		return EINVAL;
	write_text(of(&d, "power/control"), write->value);
	return 0;
}

int answer_switch(const struct sim_write *write)
{
	write_text(below("%s", write->path), strtoul(write->value, NULL, 0) ? "1" : "0");
	return 0;
}

/* Line N of `resource` is start, end and flags of BAR N; the start stays here. */
static void resize(const struct device *d, int bar, unsigned bit)
{
	char lines[8][128] = {{0}};
	unsigned long long start, flags;
	FILE *f = fopen(of(d, "resource").s, "re");
	int n = 0;

	while (f && n < 8 && fgets(lines[n], sizeof(lines[n]), f))
		n++;
	if (f)
		fclose(f);
	f = fopen(of(d, "resource").s, "we");
	for (int i = 0; f && i < n; i++) {
		if (i != bar) {
			(void)fputs(lines[i], f);
			continue;
		}
		start = strtoull(lines[i], NULL, 16);
		flags = strtoull(strrchr(lines[i], ' '), NULL, 16);
		(void)fprintf(f, "0x%016llx 0x%016llx 0x%016llx\n", start,
			      start + (1ULL << (bit + 20)) - 1, flags);
	}
	if (f)
		fclose(f);
}

int answer_resize(const struct sim_write *write)
{
	int bar = write->path[strlen(write->path) - strlen("0_resize")] - '0';
	unsigned long bit = strtoul(write->value, NULL, 0);
	char name[32], offers[32];
	struct device d;

	if (!find_written(write, 1, &d))
		return EINVAL;
	if (d.driver[0])
		return EBUSY;
	(void)snprintf(name, sizeof(name), "resource%d_resize", bar);
	read_text(of(&d, name), offers, sizeof(offers));
	if (bit > 63 || !(strtoull(offers, NULL, 16) >> bit & 1))
		return EINVAL;
	resize(&d, bar, (unsigned)bit);
	return 0;
}

int answer_remove(const struct sim_write *write)
{
	struct path at, note;
	struct device d;
	FILE *f;

	if (strtoul(write->value, NULL, 0) != 1 || !find_written(write, 1, &d))
		return EINVAL;
	if (d.driver[0])
		unbind_from(&d);
	(void)mkdir(in_folder("removed", "").s, 0700);
	at = in_folder("removed", d.address);
	note = at;
	f = fopen(strcat(note.s, ".path"), "we");
	if (f) {
		(void)fprintf(f, "%s\n", d.folder.s);
		fclose(f);
	}
	(void)rename(d.folder.s, at.s);
	(void)unlink(below("sys/bus/pci/devices/%s", d.address).s);
	if (d.group[0])
		(void)unlink(
			below("sys/kernel/iommu_groups/%s/devices/%s", d.group, d.address)
				.s);
	return 0;
}

/* A device that is found starts from what the kernel gives every new one. */
static void come_back(const char *address)
{
	struct path note = in_folder("removed", address);
	char folder[PATH_MAX], working[128], driver[64];
	struct device d = {0};

	read_text(*(struct path *)strcat(note.s, ".path"), folder, sizeof(folder));
	(void)rename(in_folder("removed", address).s, folder);
	(void)unlink(note.s);
	link_to(folder + strlen(below("sys/").s), below("sys/bus/pci/devices").s,
		address);
	if (!find(address, &d))
		return;
	if (d.group[0])
		link_to(folder + strlen(below("sys/").s),
			below("sys/kernel/iommu_groups/%s/devices", d.group).s, address);
	write_text(of(&d, "driver_override"), "(null)");
	write_text(of(&d, "power/control"), "on");
	write_text(of(&d, "d3cold_allowed"), "1");
	if (exists(of(&d, "sriov_drivers_autoprobe")))
		write_text(of(&d, "sriov_drivers_autoprobe"), "1");
	read_text(in_folder("methods", address), working, sizeof(working));
	if (exists(of(&d, "reset_method")))
		write_text(of(&d, "reset_method"), working);
	if (find_native(&d, driver) && exists(below("sys/bus/pci/drivers/%s", driver)))
		bind_to(&d, driver);
}

int answer_rescan(const struct sim_write *write)
{
	const char *bus = write->path + strlen("sys/class/pci_bus/");
	DIR *dir = opendir(in_folder("removed", "").s);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (!strncmp(e->d_name, bus, strlen("0000:00")) &&
		    !strstr(e->d_name, ".path")) {
			come_back(e->d_name);
			rewinddir(dir);
		}
	if (dir)
		closedir(dir);
	return 0;
}

/* The types that a function offers without one are in SIMKERNEL/vgpu/ADDRESS. */
static void show_types(const struct device *d, bool show)
{
	FILE *from = show ? fopen(in_folder("vgpu", d->address).s, "re") : NULL;
	FILE *to = fopen(of(d, "nvidia/creatable_vgpu_types").s, "we");
	char line[128];

	while (from && to && fgets(line, sizeof(line), from))
		(void)fputs(line, to);
	if (from)
		fclose(from);
	if (to)
		fclose(to);
}

static bool offers_type(const struct device *d, unsigned long id)
{
	FILE *f = fopen(of(d, "nvidia/creatable_vgpu_types").s, "re");
	bool found = false;
	char line[128];

	while (f && !found && fgets(line, sizeof(line), f))
		found = strtoul(line, NULL, 10) == id;
	if (f)
		fclose(f);
	return found;
}

int answer_vgpu_type(const struct sim_write *write)
{
	unsigned long id = strtoul(write->value, NULL, 0);
	char node[64], text[16];
	struct device d;

	if (!find_written(write, 2, &d))
		return ENODEV;
	(void)snprintf(node, sizeof(node), "/dev/vfio/%s", d.group);
	if (sim_is_busy(node))
		return EPERM;
	if (id && !offers_type(&d, id))
		return EINVAL;
	(void)snprintf(text, sizeof(text), "%lu", id);
	write_text(of(&d, "nvidia/current_vgpu_type"), text);
	show_types(&d, !id);
	if (!id)
		write_text(of(&d, "nvidia/vgpu_params"), "");
	return 0;
}

int answer_vgpu_params(const struct sim_write *write)
{
	struct device d;
	char type[16];

	if (!find_written(write, 2, &d))
		return ENODEV;
	read_text(of(&d, "nvidia/current_vgpu_type"), type, sizeof(type));
	if (!strcmp(type, "0"))
		return EPERM;
	write_text(below("%s", write->path), write->value);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual functions that come and go. SIMKERNEL/sriov/ADDRESS of a physical function says
 * "OFFSET STRIDE DEVICE DRIVER ROOM NET": where they are, what they are, which driver of
 * the host takes them ("-": none), how many it really enables, and 1 if it shows a
 * network interface of each.
 */
#include "host.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct sriov {
	struct device pf;
	unsigned offset, stride, room, net;
	char product[16], driver[64];
};

static struct path in_sim(const char *folder, const char *name)
{
	struct path p;

	(void)snprintf(p.s, sizeof(p.s), "%s/%s/%s", sim.folder, folder, name);
	return p;
}

static bool find_sriov(const struct sim_write *write, struct sriov *ret)
{
	char path[PATH_MAX], line[160];

	(void)snprintf(path, sizeof(path), "%s", write->path);
	*strrchr(path, '/') = '\0';
	if (!find(strrchr(path, '/') + 1, &ret->pf))
		return false;
	read_text(in_sim("sriov", ret->pf.address), line, sizeof(line));
	return sscanf(line, "%u %u %15s %63s %u %u", &ret->offset, &ret->stride,
		      ret->product, ret->driver, &ret->room, &ret->net) == 6;
}

/* pci_iov_virtfn_bus(), pci_iov_virtfn_devfn() */
static void vf_address(const struct sriov *s, unsigned n, char buf[static 32])
{
	unsigned domain, bus, slot, function, id;

	(void)sscanf(s->pf.address, "%x:%x:%x.%x", &domain, &bus, &slot, &function);
	id = (bus << 8 | slot << 3 | function) + s->offset + s->stride * n;
	(void)snprintf(buf, 32, "%04x:%02x:%02x.%u", domain, id >> 8, id >> 3 & 31,
		       id & 7);
}

/* iommu_group_alloc(): the lowest number that is free. */
static void make_group(const struct path *folder, const char *address)
{
	char name[32];
	unsigned n = 0;

	while (exists(below("sys/kernel/iommu_groups/%u", n)))
		n++;
	(void)mkdir(below("sys/kernel/iommu_groups/%u", n).s, 0755);
	(void)mkdir(below("sys/kernel/iommu_groups/%u/devices", n).s, 0755);
	link_to(folder->s + strlen(below("sys/").s),
		below("sys/kernel/iommu_groups/%u/devices", n).s, address);
	(void)snprintf(name, sizeof(name), "kernel/iommu_groups/%u", n);
	link_to(name, folder->s, "iommu_group");
}

static void put(const struct path *folder, const char *name, const char *text)
{
	struct path p = *folder;

	(void)strcat(strcat(p.s, "/"), name);
	write_text(p, text);
}

/* What the driver of the host shows when it has the function: its interface. */
static void make_children(const struct sriov *s, const char *address, unsigned n)
{
	struct path stash = in_sim("stash", "");
	char name[32];

	if (!s->net)
		return;
	(void)mkdir(stash.s, 0700);
	stash = in_sim("stash", address);
	(void)mkdir(stash.s, 0700);
	(void)mkdir(strcat(stash.s, "/net"), 0755);
	(void)snprintf(name, sizeof(name), "/%.6sv%u", s->pf.driver, n);
	(void)mkdir(strcat(stash.s, name), 0755);
	(void)strcat(stash.s, "/ifindex");
	write_text(stash, "7");
}

static void note_native(const char *address, const char *driver)
{
	struct path p;
	FILE *f;

	(void)snprintf(p.s, sizeof(p.s), "%s/natives", sim.folder);
	f = fopen(p.s, "ae");
	if (!f)
		return;
	(void)fprintf(f, "%s %s\n", address, driver);
	fclose(f);
}

/* pci_iov_add_virtfn(): the function, its group, and the links between the two. */
static void make_vf(const struct sriov *s, unsigned n)
{
	char address[32], name[32], text[64];
	struct path folder = s->pf.folder;
	struct device vf;

	vf_address(s, n, address);
	*strrchr(folder.s, '/') = '\0';
	(void)strcat(strcat(folder.s, "/"), address);
	(void)mkdir(folder.s, 0755);
	read_text(of(&s->pf, "vendor"), text, sizeof(text));
	put(&folder, "vendor", text);
	(void)snprintf(text, sizeof(text), "0x%s", s->product);
	put(&folder, "device", text);
	read_text(of(&s->pf, "class"), text, sizeof(text));
	put(&folder, "class", text);
	put(&folder, "driver_override", "(null)");
	put(&folder, "d3cold_allowed", "0");
	put(&folder, "reset", "");
	put(&folder, "reset_method", "flr");
	(void)mkdir(in_sim("methods", "").s, 0700);
	write_text(in_sim("methods", address), "flr");
	{
		struct path power = folder;

		(void)mkdir(strcat(power.s, "/power"), 0755);
	}
	put(&folder, "power/control", "on");
	link_to(folder.s + strlen(below("sys/").s), below("sys/bus/pci/devices").s,
		address);
	make_group(&folder, address);
	(void)snprintf(name, sizeof(name), "virtfn%u", n);
	link_to(folder.s + strlen(below("sys/").s), s->pf.folder.s, name);
	link_to(s->pf.folder.s + strlen(below("sys/").s), folder.s, "physfn");
	if (!strcmp(s->driver, "-") || !find(address, &vf))
		return;
	note_native(address, s->driver);
	make_children(s, address, n);
	read_text(of(&s->pf, "sriov_drivers_autoprobe"), text, sizeof(text));
	if (!strcmp(text, "1") && exists(below("sys/bus/pci/drivers/%s", s->driver)))
		bind_to(&vf, s->driver);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* pci_iov_remove_virtfn(): vfio waits for the last close, the lock kept. */
static void remove_vf(const struct sriov *s, unsigned n)
{
	const struct timespec moment = {0, 5000000};
	char address[32], name[32], node[64];
	struct device vf;

	vf_address(s, n, address);
	if (!find(address, &vf))
		return;
	(void)snprintf(node, sizeof(node), "/dev/vfio/%s", vf.group);
	if (vf.driver[0])
		unbind_from(&vf);
	while (sim_is_busy(node))
		nanosleep(&moment, NULL);
	nvme_gone(s->pf.address, n);
	(void)snprintf(name, sizeof(name), "virtfn%u", n);
	(void)unlink(of(&s->pf, name).s);
	(void)unlink(below("sys/bus/pci/devices/%s", address).s);
	(void)nftw(below("sys/kernel/iommu_groups/%s", vf.group).s, remove_one, 8,
		   FTW_DEPTH | FTW_PHYS);
	(void)nftw(vf.folder.s, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	(void)nftw(in_sim("stash", address).s, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int answer_numvfs(const struct sim_write *write)
{
	unsigned long want, now, total;
	struct sriov s = {0};
	char text[64], *end;

	if (!find_sriov(write, &s))
		return EINVAL;
	want = strtoul(write->value, &end, 0);
	if (end == write->value || (*end && *end != '\n'))
		return EINVAL;
	read_text(of(&s.pf, "sriov_totalvfs"), text, sizeof(text));
	total = strtoul(text, NULL, 10);
	read_text(of(&s.pf, "sriov_numvfs"), text, sizeof(text));
	now = strtoul(text, NULL, 10);
	if (want > total)
		return ERANGE;
	if (want == now)
		return 0;
	if (!s.pf.driver[0] || !strcmp(s.pf.driver, "vfio-pci"))
		return ENOENT;
	if (now && want)
		return EBUSY;
	if (want > s.room)
		want = s.room; /* "requested; only enabled" is only a warning */
	vf_provision(&s.pf, (unsigned)want);
	for (unsigned n = 0; n < want; n++)
		make_vf(&s, n);
	for (unsigned n = (unsigned)now; !want && n-- > 0;)
		remove_vf(&s, n);
	(void)snprintf(text, sizeof(text), "%lu", want);
	write_text(of(&s.pf, "sriov_numvfs"), text);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NVMe controller with secondary ones, behind the ioctl of /dev/nvmeN, as QEMU's
 * answers (hw/nvme/ctrl.c; seen). The file sys/nvme-virt/ADDRESS of the fake root is the
 * state of a physical function's: "queues TOTAL PRIMARY MOST", "interrupts TOTAL PRIMARY
 * MOST", and for each secondary controller "FUNCTION STATE QUEUES INTERRUPTS". What
 * manages one is a write to
 * .../VF/nvme-virt for the rules and the log: "offline", "queues 2", "online".
 */
#include "host.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SECONDARIES = 8 };

struct controller {
	char pf[64];
	unsigned total[2], primary[2], most[2]; /* queues, interrupts */
	unsigned n;
	struct {
		char state[16];
		unsigned has[2];
	} vf[SECONDARIES];
};

static const char *const words[] = {"queues", "interrupts"};

static bool load(const char *pf, struct controller *ret)
{
	FILE *f = fopen(below("sys/nvme-virt/%s", pf).s, "re");
	unsigned at;

	memset(ret, 0, sizeof(*ret));
	(void)snprintf(ret->pf, sizeof(ret->pf), "%s", pf);
	for (int i = 0; f && i < 2; i++)
		(void)!fscanf(f, "%*s %u %u %u", &ret->total[i], &ret->primary[i],
			      &ret->most[i]);
	while (f && ret->n < SECONDARIES &&
	       fscanf(f, "%u %15s %u %u", &at, ret->vf[ret->n].state,
		      &ret->vf[ret->n].has[0], &ret->vf[ret->n].has[1]) == 4)
		ret->n++;
	if (!f)
		return false;
	fclose(f);
	return true;
}

static void save(const struct controller *c)
{
	FILE *f = fopen(below("sys/nvme-virt/%s", c->pf).s, "we");

	for (int i = 0; f && i < 2; i++)
		(void)fprintf(f, "%s %u %u %u\n", words[i], c->total[i], c->primary[i],
			      c->most[i]);
	for (unsigned i = 0; f && i < c->n; i++)
		(void)fprintf(f, "%u %s %u %u\n", i, c->vf[i].state, c->vf[i].has[0],
			      c->vf[i].has[1]);
	if (f)
		fclose(f);
}

/* The physical function whose driver shows the controller. */
static bool find_pf(const char *name, struct device *ret)
{
	DIR *dir = opendir(below("sys/nvme-virt").s);
	char child[300];
	struct dirent *e;
	bool found = false;

	(void)snprintf(child, sizeof(child), "nvme/%s", name);
	while (dir && !found && (e = readdir(dir)))
		found = e->d_name[0] != '.' && find(e->d_name, ret) &&
			exists(of(ret, child));
	if (dir)
		closedir(dir);
	return found;
}

static bool find_vf(const char *pf, unsigned n, struct device *ret)
{
	char name[32], address[64];
	struct device device;

	(void)snprintf(name, sizeof(name), "virtfn%u", n);
	if (!find(pf, &device))
		return false;
	read_link(of(&device, name), address, sizeof(address));
	return address[0] && find(address, ret);
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

/* Secondary controllers have the numbers that follow the primary's, 1 and on. */
static void identify(const struct controller *c, unsigned cns, unsigned from, uint8_t *to)
{
	memset(to, 0, 4096);
	if (cns == 0x01) {
		put16(to + 256, c->n ? 0x88 : 0x08);
	} else if (cns == 0x14) {
		to[4] = 3;
		for (int i = 0; i < 2; i++) {
			put16(to + 32 + 32 * i, c->total[i]);
			put16(to + 40 + 32 * i, c->primary[i]);
			put16(to + 44 + 32 * i, c->most[i]);
			put16(to + 46 + 32 * i, 1);
		}
	} else if (cns == 0x15) {
		for (unsigned i = from ? from - 1 : 0; i < c->n; i++) {
			uint8_t *entry = to + 32 + 32 * to[0]++;

			put16(entry, i + 1);
			entry[4] = !strcmp(c->vf[i].state, "online");
			put16(entry + 8, i + 1);
			put16(entry + 10, c->vf[i].has[0]);
			put16(entry + 12, c->vf[i].has[1]);
		}
	}
}

static void take_offline(struct controller *c, unsigned i)
{
	(void)strcpy(c->vf[i].state, "offline");
	c->vf[i].has[0] = c->vf[i].has[1] = 0;
}

/* nvme_assign_virt_res_to_sec() */
static int assign(struct controller *c, unsigned at, int resource, unsigned n)
{
	unsigned used = c->primary[resource];

	for (unsigned i = 0; i < c->n; i++)
		used += i == at ? 0 : c->vf[i].has[resource];
	if (!strcmp(c->vf[at].state, "online"))
		return EBUSY;
	if (n > c->most[resource] || used + n > c->total[resource])
		return ENOSPC;
	c->vf[at].has[resource] = n;
	return 0;
}

/* pcie_sriov: a function that is disabled is offline (nvme_sriov_post_write_config). */
void nvme_gone(const char *pf, unsigned n)
{
	struct controller c;

	if (!load(pf, &c) || n >= c.n)
		return;
	take_offline(&c, n);
	save(&c);
}

/* ".../ADDRESS/nvme-virt" */
int answer_nvme(const struct sim_write *write)
{
	const char *end = strrchr(write->path, '/'), *start = end;
	char address[64], pf[64];
	struct device vf, at;
	struct controller c;
	unsigned n = 0;
	int r = 0;

	while (start[-1] != '/')
		start--;
	(void)snprintf(address, sizeof(address), "%.*s", (int)(end - start), start);
	if (!find(address, &vf))
		return ENODATA;
	read_link(of(&vf, "physfn"), pf, sizeof(pf));
	while (find_vf(pf, n, &at) && strcmp(at.address, address) != 0)
		n++;
	if (!load(pf, &c) || n >= c.n)
		return ENODATA;
	if (!strcmp(write->value, "offline"))
		take_offline(&c, n);
	else if (!strncmp(write->value, "queues ", 7))
		r = assign(&c, n, 0, (unsigned)atoi(write->value + 7));
	else if (!strncmp(write->value, "interrupts ", 11))
		r = assign(&c, n, 1, (unsigned)atoi(write->value + 11));
	else if (c.vf[n].has[0] < 2 || !c.vf[n].has[1])
		r = EBUSY; /* nvme_virt_set_state() */
	else
		(void)strcpy(c.vf[n].state, "online");
	save(&c);
	return r;
}

static int manage(const struct controller *c, const struct nvme_admin_cmd *command)
{
	unsigned id = command->cdw10 >> 16;
	char path[PATH_MAX];
	struct sim_write write = {.path = path};
	struct device vf;

	if (!id || id > c->n || !find_vf(c->pf, id - 1, &vf))
		return ENODATA;
	(void)snprintf(path, sizeof(path), "%s/nvme-virt", vf.folder.s);
	write.path = path + strlen(sim.root);
	if ((command->cdw10 & 15) == 8)
		(void)snprintf(write.value, sizeof(write.value), "%s %u",
			       words[command->cdw10 >> 8 & 1], command->cdw11);
	else
		(void)snprintf(write.value, sizeof(write.value), "%s",
			       (command->cdw10 & 15) == 7 ? "offline" : "online");
	return sim_store(&write);
}

/* The controller's own answers, with "do not retry"; others are errno's. */
static int status_of(int error)
{
	switch (error) {
	case 0:
		return 0;
	case ENODATA:
		return 0x411f;
	case EBUSY:
		return 0x4120;
	case ENOSPC:
		return 0x4121;
	case EINVAL:
		return 0x4122;
	default:
		errno = error;
		return -1;
	}
}

static int answer_admin(const char *name, const struct nvme_admin_cmd *command)
{
	struct controller c;
	struct device pf;

	if (!find_pf(name, &pf) || !load(pf.address, &c)) {
		errno = ENOTTY;
		return -1;
	}
	if (command->opcode == 0x1c)
		return status_of(manage(&c, command));
	identify(&c, command->cdw10 & 0xff, command->cdw10 >> 16,
		 (uint8_t *)(uintptr_t)command->addr);
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	char at[PATH_MAX] = "", link[64], dev[PATH_MAX];
	va_list ap;
	void *data;

	va_start(ap, request);
	data = va_arg(ap, void *);
	va_end(ap);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)snprintf(dev, sizeof(dev), "%sdev/nvme", sim.root);
	if (request == NVME_IOCTL_ADMIN_CMD && sim.folder[0] && !sim.real &&
	    readlink(link, at, sizeof(at) - 1) > 0 && !strncmp(at, dev, strlen(dev)))
		return answer_admin(at + strlen(dev) - strlen("nvme"), data);
	*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, data);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A fake host for tests of who uses a device, made by hand in the layout of Linux 6.12.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "host/use.h"

#define PCI "/sys/devices/pci0000:00/0000:01:00.0"

struct scene {
	struct scratch s;
	struct child looker;
	struct holdings holdings;
	struct claim claim[1];
	size_t claims;
	struct device device;
};

static inline void put(struct scene *s, const char *path, const char *text)
{
	scratch_put(&s->s, path, text);
}

static inline void link_to(struct scene *s, const char *target, const char *path)
{
	scratch_link(&s->s, target, path);
}

static inline int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct err err;

	if (!s)
		return -1;
	scratch_make(&s->s);
	scratch_mkdir(&s->s, PCI);
	link_to(s, "../../../devices/pci0000:00/0000:01:00.0",
		"/sys/bus/pci/devices/0000:01:00.0");
	put(s, "/proc/self/mountinfo", "");
	put(s, "/proc/swaps", "");
	s->device = (struct device){.bdf = {0, 1, 0, 0}, .group = 7, .vendor = 0x8086};
	(void)strcpy(s->device.driver, "driver");
	assert_int_equal(child_spawn(&s->looker, &s->s.root, look_handle, &err), 0);
	*state = s;
	return 0;
}

static inline int teardown(void **state)
{
	struct scene *s = *state;

	child_end(&s->looker);
	holdings_free(&s->holdings);
	scratch_remove(&s->s);
	free(s);
	return 0;
}

/* /dev/nvme0n1, with a partition. */
static inline void disk(struct scene *s)
{
	put(s, PCI "/nvme/nvme0/nvme0n1/dev", "259:0\n");
	put(s, PCI "/nvme/nvme0/nvme0n1/nvme0n1p1/dev", "259:1\n");
	put(s, PCI "/nvme/nvme0/nvme0n1/nvme0n1p1/partition", "1\n");
	link_to(s, "../../../../../../../class/block",
		PCI "/nvme/nvme0/nvme0n1/subsystem");
	link_to(s, "../../../../../../class/nvme", PCI "/nvme/nvme0/subsystem");
	put(s, "/dev/nvme0n1", "");
}

static inline int try(struct scene *s, uint32_t class_code, struct err *err)
{
	_cleanup_(use_free) struct use use = {.root = &s->s.root,
					      .looker = &s->looker,
					      .holdings = &s->holdings,
					      .vmid = 100,
					      .claim = s->claim,
					      .claims = s->claims};
	int r;

	holdings_free(&s->holdings);
	s->device.class_code = class_code;
	r = use_look(&use, &s->device, err);
	return r < 0 ? r : use_look_once(&use, err);
}

static inline void look(struct scene *s, uint32_t class_code)
{
	struct err err = {0};

	if (try(s, class_code, &err) < 0)
		fail_msg("%s", err.msg);
}

/* Holding @i is this; a NULL is not compared. */
static inline void is(struct scene *s, size_t i, enum grade grade, const char *what,
		      const char *why, const char *cure)
{
	const struct holding *h = &s->holdings.item[i];

	if (i >= s->holdings.n)
		fail_msg("there are %zu holdings, none says '%s'", s->holdings.n, why);
	assert_int_equal(h->grade, grade);
	if (what)
		assert_string_equal(h->what, what);
	assert_contains(h->why, why);
	if (cure)
		assert_contains(h->cure, cure);
}

static inline void process(struct scene *s, int pid, const char *comm, const char *cgroup,
			   const char *open)
{
	char path[64], below[128];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	put(s, path, comm);
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	put(s, path, cgroup);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	put(s, path, "7 (x) S 1 7 7 0 -1 4194560 0 0");
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/3", pid);
	(void)snprintf(below, sizeof(below), "%s%s", s->s.path, open);
	link_to(s, below, path);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

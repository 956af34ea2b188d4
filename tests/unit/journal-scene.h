/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/fileio.h"
#include "run/undo.h"

#define FILE_100 "/run/hostpci/vm/100.journal"
#define HEADER \
	"{\"journal\":1,\"boot\":\"" UNIT_BOOT "\",\"vmid\":100,\"program\":\"x\"}\n"
#define HOLD                                                                     \
	"{\"hold\":\"0000:01:00.0\",\"slot\":0,\"group\":7,\"return\":\"host\"," \
	"\"storage\":false}\n"
#define INTENT(id, kind, found, want)                                            \
	"{\"intent\":" #id ",\"kind\":\"" kind "\",\"device\":\"0000:01:00.0\"," \
	"\"slot\":0,\"group\":7,\"stage\":1,\"lane\":7,\"found\":\"" found       \
	"\",\"want\":\"" want "\",\"deadline\":5000}\n"

#define HELD(address) (&(const struct hold){.bdf = (address)})
static const struct bdf nic = {0, 1, 0, 0}, disk = {0, 2, 0, 0};

static inline struct journal *create(const struct scratch *s)
{
	struct journal *j = NULL;
	struct err err;

	assert_int_equal(journal_open(&s->root, 100, SCOPE_ALL, true, &j, &err), 0);
	return j;
}

static inline struct journal *reread(const struct scratch *s)
{
	struct journal *j = NULL;
	struct err err = {0};

	if (journal_read(&s->root, 100, SCOPE_ALL, &j, &err) < 0)
		fail_msg("%s:%u: %s", err.file, err.line, err.msg);
	return j;
}

static inline struct hold hold_of(struct bdf bdf, int slot)
{
	return (struct hold){.bdf = bdf,
			     .slot = slot,
			     .group = 7 + slot,
			     .return_to = WISH_RETURN_VFIO,
			     .storage = slot == 1};
}

static inline uint32_t intend(struct journal *j, struct bdf bdf, enum step_kind kind,
			      const char *found, const char *want)
{
	struct step step = {.kind = kind,
			    .bdf = bdf,
			    .group = 7,
			    .lane = 7,
			    .stage = 1,
			    .deadline_ms = 5000};

	(void)strcpy(step.found, found);
	(void)strcpy(step.want, want);
	assert_int_equal(journal_intent(j, &step), 0);
	return step.id;
}

/* A round: two devices taken, three steps, one of them undone. */
static inline void fill(struct journal *j)
{
	struct hold a = hold_of(nic, 0), b = hold_of(disk, 1);

	assert_int_equal(journal_phase(j, "pre-start"), 0);
	assert_int_equal(journal_take(j, &a), 0);
	assert_int_equal(journal_take(j, &b), 0);
	assert_int_equal(journal_child(j, &(struct proc_id){4321, 99}), 0);
	assert_int_equal(intend(j, nic, STEP_UNBIND, "igb", ""), 1);
	assert_int_equal(journal_mark(j, "done", 1), 0);
	assert_int_equal(intend(j, nic, STEP_BIND, "", "vfio-pci"), 2);
	assert_int_equal(intend(j, disk, STEP_OVERRIDE, "", "vfio-pci"), 3);
	assert_int_equal(journal_mark(j, "undo", 3), 0);
	assert_int_equal(journal_mark(j, "undone", 3), 0);
	assert_int_equal(journal_park(j, HELD(disk), "return"), 0);
	assert_int_equal(journal_qemu(j, &(struct proc_id){1234, 56}), 0);
}

static inline void check(struct journal *j)
{
	const struct journal_hold *b = journal_find(j, HELD(disk));

	assert_string_equal(j->phase, "pre-start");
	assert_int_equal(j->steps, 3);
	assert_int_equal(j->step[0].state, JOURNAL_DONE);
	assert_string_equal(j->step[0].step.found, "igb");
	assert_int_equal(j->step[0].step.lane, 7);
	assert_int_equal(j->step[0].step.deadline_ms, 5000);
	assert_int_equal(j->step[1].state, JOURNAL_INTENT);
	assert_int_equal(j->step[1].step.kind, STEP_BIND);
	assert_int_equal(j->step[2].state, JOURNAL_UNDONE);
	assert_int_equal(j->holds, 2);
	assert_non_null(b);
	assert_true(b->open && b->hold.storage);
	assert_string_equal(b->parked, "return");
	assert_int_equal(b->hold.return_to, WISH_RETURN_VFIO);
	assert_int_equal(j->qemu.pid, 1234);
	assert_int_equal(j->qemu.start, 56);
	assert_int_equal(j->next_id, 4);
	assert_false(j->torn || j->other_boot);
}

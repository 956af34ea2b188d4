/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: what is written is read again; what nobody wrote is refused. */
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

static struct journal *create(const struct scratch *s)
{
	struct journal *j = NULL;
	struct err err;

	assert_int_equal(journal_open(&s->root, 100, SCOPE_ALL, true, &j, &err), 0);
	return j;
}

static struct journal *reread(const struct scratch *s)
{
	struct journal *j = NULL;
	struct err err = {0};

	if (journal_read(&s->root, 100, SCOPE_ALL, &j, &err) < 0)
		fail_msg("%s:%u: %s", err.file, err.line, err.msg);
	return j;
}

static struct hold hold_of(struct bdf bdf, int slot)
{
	return (struct hold){.bdf = bdf,
			     .slot = slot,
			     .group = 7 + slot,
			     .return_to = WISH_RETURN_VFIO,
			     .storage = slot == 1};
}

static uint32_t intend(struct journal *j, struct bdf bdf, enum step_kind kind,
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
static void fill(struct journal *j)
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

static void check(struct journal *j)
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

static void what_is_written_is_read_again(void **state)
{
	struct journal *j = create(*state), *again;
	_cleanup_free_ char *text = NULL;

	fill(j);
	check(j);
	again = reread(*state);
	check(again);
	assert_int_equal(again->children, 1);
	assert_int_equal(again->child[0].pid, 4321);
	assert_int_equal(again->size, j->size);
	text = scratch_get(*state, FILE_100);
	assert_int_equal(strlen(text), j->size);
	journal_free(again);
	journal_free(j);
}

static void a_torn_last_record_is_cut_off(void **state)
{
	struct scratch *s = *state;
	struct journal *j;
	char *text;

	scratch_put(s, FILE_100, HEADER HOLD "{\"intent\":1,\"ki");
	j = reread(s);
	assert_true(j->torn);
	assert_int_equal(j->steps, 0);
	assert_int_equal(j->size, strlen(HEADER HOLD));
	journal_free(j);
	j = create(s); /* an existing one */
	assert_int_equal(journal_phase(j, "x"), 0);
	journal_free(j);
	text = scratch_get(s, FILE_100);
	assert_int_equal(strncmp(text, HEADER HOLD "{\"phase\":\"x\",\"at\":",
				 strlen(HEADER HOLD) + 18),
			 0);
	free(text);
	/* Torn in its very first record: as if it were empty. */
	scratch_put(s, FILE_100, "{\"jour");
	j = create(s);
	assert_int_equal(j->holds, 0);
	journal_free(j);
	j = reread(s);
	assert_false(j->torn);
	journal_free(j);
}

static void damage_is_refused_by_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} rows[] = {
		{"\n", 1},
		{"x\n", 1},
		{HOLD, 1}, /* no header */
		{HEADER HEADER, 2},
		{HEADER "[]\n", 2},
		{HEADER "{}\n", 2},
		{HEADER "{\"phase\":\"a\"} {\n", 2},
		{HEADER "{\"phase\":1}\n", 2},
		{HEADER
		 "{\"hold\":\"../x\",\"slot\":0,\"group\":7,\"return\":\"host\"}\n",
		 2},
		{HEADER
		 "{\"hold\":\"0000:01:00.0\",\"slot\":99,\"group\":7,\"return\":\"host\"}"
		 "\n",
		 2},
		{HEADER
		 "{\"hold\":\"0000:01:00.0\",\"slot\":0,\"group\":7,\"return\":\"away\"}"
		 "\n",
		 2},
		{HEADER "{\"park\":\"0000:01:00.0\",\"why\":\"return\"}\n",
		 2},			      /* not held */
		{HEADER "{\"done\":1}\n", 2}, /* no such step */
		{HEADER HOLD INTENT(1, "unbind", "../../x", ""), 3},
		{HEADER HOLD INTENT(1, "bind", "", "a/b"), 3},
		{HEADER HOLD INTENT(1, "bind", "", ""), 3},
		{HEADER HOLD INTENT(1, "unbind", "", ""), 3},
		{HEADER HOLD INTENT(1, "format", "a", "b"), 3},
		{HEADER HOLD INTENT(0, "reset", "", ""), 3},
		{HEADER HOLD INTENT(-1, "reset", "", ""), 3},
		{HEADER HOLD INTENT(1e3, "reset", "", ""), 3},
		{HEADER HOLD INTENT(5, "reset", "", "") INTENT(5, "reset", "", ""), 4},
		{HEADER HOLD INTENT(5, "reset", "", "") INTENT(4, "reset", "", ""), 4},
		{HEADER "{\"child\":0,\"start\":1}\n", 2},
		{HEADER "{\"qemu\":-5,\"start\":1}\n", 2},
		{"{\"journal\":1,\"boot\":\"" UNIT_BOOT "\",\"vmid\":101}\n",
		 1}, /* another's */
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct journal *j = NULL;
		struct err err = {0};

		scratch_put(s, FILE_100, rows[i].text);
		if (journal_read(&s->root, 100, SCOPE_ALL, &j, &err) != -EBADMSG)
			fail_msg("row %zu was taken", i);
		assert_string_equal(err.file, FILE_100);
		if (err.line != rows[i].line)
			fail_msg("row %zu: line %u", i, err.line);
		assert_null(j);
		assert_int_equal(journal_open(&s->root, 100, SCOPE_ALL, true, &j, &err),
				 -EBADMSG);
	}
}

static void nul_bytes_are_damage(void **state)
{
	static const char text[] = HEADER "{\"phase\":\"a\"}\0\n";
	struct scratch *s = *state;
	struct journal *j = NULL;
	struct err err;

	scratch_put_bytes(s, FILE_100, text, sizeof(text) - 1);
	assert_int_equal(journal_read(&s->root, 100, SCOPE_ALL, &j, &err), -EBADMSG);
}

static void a_newer_version_is_not_touched(void **state)
{
	struct scratch *s = *state;
	struct journal *j = NULL;
	struct err err;
	char *text;

	scratch_put(s, FILE_100,
		    "{\"journal\":2,\"boot\":\"" UNIT_BOOT
		    "\",\"vmid\":100}\n{\"new\":1}\n");
	assert_int_equal(journal_open(&s->root, 100, SCOPE_ALL, true, &j, &err), -EPROTO);
	assert_contains(err.msg, "newer hostpci");
	text = scratch_get(s, FILE_100);
	assert_contains(text, "{\"new\":1}");
	free(text);
}

static void another_boots_journal_is_history(void **state)
{
	struct scratch *s = *state;
	struct journal *j;

	scratch_put(s, FILE_100,
		    "{\"journal\":1,\"boot\":\"ffffffff-89ab-cdef-0123-456789abcdef\","
		    "\"vmid\":100}\n" HOLD);
	j = reread(s);
	assert_true(j->other_boot);
	journal_free(j);
	j = create(s);
	assert_true(j->anew);
	assert_false(j->other_boot);
	assert_int_equal(j->holds, 0);
	journal_free(j);
	j = reread(s);
	assert_false(j->other_boot || j->anew);
	assert_int_equal(j->holds, 0);
	journal_free(j);
	/* Nor does it matter that it is damaged, or of a newer version. */
	scratch_put(s, FILE_100, "{\"journal\":9,\"boot\":\"x\"}\n" HOLD "junk\n{");
	j = reread(s);
	assert_true(j->other_boot);
	journal_free(j);
}

static void a_guest_may_have_used_what_was_prepared(void **state)
{
	struct journal *j = create(*state), *again;
	struct hold a = hold_of(nic, 0), b = hold_of(disk, 1);

	assert_int_equal(journal_phase(j, "pre-start"), 0);
	assert_int_equal(journal_take(j, &a), 0);
	assert_true(journal_find(j, HELD(nic))->fresh);
	/* Killed, and begun again: no guest yet. */
	assert_int_equal(journal_phase(j, "pre-start"), 0);
	assert_int_equal(journal_take(j, &a), 0);
	assert_true(journal_find(j, HELD(nic))->fresh);
	assert_int_equal(journal_phase(j, "prepared"), 0);
	assert_false(journal_find(j, HELD(nic))->fresh);
	assert_int_equal(journal_phase(j, "pre-start"), 0);
	assert_int_equal(journal_take(j, &a), 0);
	assert_int_equal(journal_take(j, &b), 0);
	assert_false(journal_find(j, HELD(nic))->fresh);
	assert_true(journal_find(j, HELD(disk))->fresh);
	for (int i = 0; i < 2; i++) {
		again = reread(*state);
		assert_string_equal(again->phase, "pre-start");
		assert_int_equal(again->phase_at, j->phase_at);
		assert_false(journal_find(again, HELD(nic))->fresh);
		assert_true(journal_find(again, HELD(disk))->fresh);
		journal_free(again);
		assert_int_equal(journal_compact(j), 0);
	}
	journal_free(j);
}

static void records_of_an_earlier_version_have_no_times(void **state)
{
	struct scratch *s = *state;
	struct journal *j;

	scratch_put(s, FILE_100,
		    HEADER HOLD "{\"phase\":\"prepared\"}\n"
				"{\"park\":\"0000:01:00.0\",\"why\":\"return\"}\n");
	j = reread(s);
	assert_int_equal(j->phase_at, 0);
	assert_int_equal(j->hold[0].parked_at, 0);
	assert_int_equal(j->hold[0].hold.return_after, 0);
	assert_false(j->hold[0].fresh);
	journal_free(j);
}

static void times_are_written_and_read(void **state)
{
	struct journal *j = create(*state), *again;
	struct hold a = hold_of(nic, 0);

	a.return_after = 30;
	assert_int_equal(journal_take(j, &a), 0);
	assert_int_equal(journal_park(j, HELD(nic), "return"), 0);
	assert_int_equal(journal_phase(j, "stopped"), 0);
	again = reread(*state);
	assert_int_equal(again->hold[0].hold.return_after, 30);
	assert_true(again->hold[0].parked_at > 0);
	assert_int_equal(again->hold[0].parked_at, j->hold[0].parked_at);
	assert_int_equal(again->phase_at, j->phase_at);
	journal_free(again);
	journal_free(j);
}

static void addresses_are_found_in_damaged_text(void **state)
{
	static const char text[] = HEADER "{\"hold\":\"0000:01:00.0\",\"sl\n\0\0\"x\"\n"
					  "\"0000:02:00.0\" \"0000:03:00.0\n";
	struct scratch *s = *state;
	struct bdf found[4];

	scratch_put_bytes(s, FILE_100, text, sizeof(text) - 1);
	assert_int_equal(journal_salvage(&s->root, 100, SCOPE_ALL, found, 4), 3);
	assert_true(bdf_equal(&found[0], &nic));
	assert_true(bdf_equal(&found[1], &disk));
	assert_int_equal(journal_salvage(&s->root, 100, SCOPE_ALL, found, 1), 1);
	assert_int_equal(journal_salvage(&s->root, 101, SCOPE_ALL, found, 4), 0);
}

static void one_process_at_a_time(void **state)
{
	struct scratch *s = *state;
	struct journal *j = create(s), *other = NULL;
	struct err err;

	assert_int_equal(journal_open(&s->root, 100, SCOPE_ALL, true, &other, &err),
			 -EBUSY);
	journal_free(j);
	assert_int_equal(journal_open(&s->root, 100, SCOPE_ALL, false, &other, &err), 0);
	journal_free(other);
	assert_int_equal(journal_open(&s->root, 101, SCOPE_ALL, false, &other, &err),
			 -ENOENT);
	assert_int_equal(journal_read(&s->root, 101, SCOPE_ALL, &other, &err), -ENOENT);
}

static void a_link_is_no_journal(void **state)
{
	struct scratch *s = *state;
	struct journal *j = NULL;
	struct err err;

	scratch_put(s, "/etc/x", HEADER);
	scratch_link(s, "../../../etc/x", FILE_100);
	assert_true(journal_read(&s->root, 100, SCOPE_ALL, &j, &err) < 0);
	assert_true(journal_open(&s->root, 100, SCOPE_ALL, true, &j, &err) < 0);
}

static void parked_and_taken_and_closed(void **state)
{
	struct journal *j = create(*state);
	struct hold a = hold_of(nic, 0);

	assert_int_equal(journal_park(j, HELD(nic), "return"), -ENOENT);
	assert_int_equal(journal_take(j, &a), 0);
	assert_int_equal(journal_park(j, HELD(nic), "reboot"), 0);
	a.slot = 5;
	assert_int_equal(journal_take(j, &a), 0); /* ends the parking */
	assert_string_equal(journal_find(j, HELD(nic))->parked, "");
	assert_int_equal(journal_find(j, HELD(nic))->hold.slot, 5);
	assert_int_equal(j->holds, 1);
	assert_int_equal(journal_end(j), 0);
	assert_true(file_exists(j->root, FILE_100)); /* something is open */
	assert_int_equal(journal_close(j, HELD(nic)), 0);
	assert_false(journal_has_open(j));
	assert_int_equal(journal_end(j), 0);
	assert_false(file_exists(j->root, FILE_100));
	journal_free(j);
}

static void compacting_keeps_what_is_open(void **state)
{
	struct scratch *s = *state;
	struct journal *j = create(s), *again, *other = NULL;
	struct err err;
	size_t before;

	fill(j);
	assert_int_equal(journal_close(j, HELD(disk)), 0);
	before = j->size;
	assert_int_equal(journal_compact(j), 0);
	assert_true(j->size < before);
	/* The lock and the append go on with the new file. */
	assert_int_equal(journal_open(&s->root, 100, SCOPE_ALL, true, &other, &err),
			 -EBUSY);
	assert_int_equal(journal_mark(j, "done", 2), 0);
	again = reread(s);
	assert_int_equal(again->holds, 1);
	assert_int_equal(again->steps, 2);
	assert_int_equal(again->step[0].step.id, 1);
	assert_int_equal(again->step[0].state, JOURNAL_DONE);
	assert_string_equal(again->step[0].step.found, "igb");
	assert_int_equal(again->step[1].state, JOURNAL_DONE);
	assert_true(again->next_id > 2);
	assert_false(file_exists(&s->root, "/run/hostpci/vm/.100.journal.new"));
	journal_free(again);
	journal_free(j);
}

static void compacting_keeps_what_is_parked(void **state)
{
	struct journal *j = create(*state), *again;

	fill(j);
	assert_int_equal(journal_compact(j), 0);
	again = reread(*state);
	assert_int_equal(again->holds, 2);
	assert_string_equal(journal_find(again, HELD(disk))->parked, "return");
	journal_free(again);
	journal_free(j);
}

struct seen {
	uint32_t vmid[8];
	enum scope scope[8];
	unsigned n;
};

static int see(void *context, uint32_t vmid, enum scope scope)
{
	struct seen *seen = context;

	seen->scope[seen->n] = scope;
	seen->vmid[seen->n++] = vmid;
	return vmid == 5000 ? 7 : 0;
}

static void journals_come_in_order(void **state)
{
	static const char *const names[] = {
		"1000.journal",	   "200.journal",      "5000.journal",
		"99.journal",	   "x.journal",	       "0100.journal",
		"200.report.json", ".300.journal.new", "200.mdev.journal",
		"200.x.journal",   "200..journal",     "6000.journal"};
	struct scratch *s = *state;
	struct seen seen = {0};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[100];

		(void)snprintf(path, sizeof(path), "/run/hostpci/vm/%s", names[i]);
		scratch_put(s, path, "");
	}
	assert_int_equal(journal_each(&s->root, see, &seen), 7);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.vmid[0], 200);
	assert_int_equal(seen.scope[0], SCOPE_ALL);
	assert_int_equal(seen.vmid[1], 200);
	assert_int_equal(seen.scope[1], SCOPE_MDEV);
	assert_int_equal(seen.vmid[2], 1000);
	assert_int_equal(seen.vmid[3], 5000);
}

static void steps_are_bounded(void **state)
{
	struct journal *j = create(*state);

	assert_int_equal(journal_reserve(j, LIMIT_STEPS), 0);
	assert_int_equal(journal_reserve(j, LIMIT_STEPS + 1), -E2BIG);
	journal_free(j);
}

/* Undoing is the reverse of doing, for one device, from the first id on. */
static void undo_goes_backwards(void **state)
{
	struct journal *j = create(*state);
	struct deeds deeds = {0};

	fill(j);
	(void)intend(j, nic, STEP_RESET, "", "");
	(void)intend(j, nic, STEP_MODULE, "", "vfio-pci");
	assert_int_equal(undo_add(j, HELD(nic), 0, false, &deeds), 0);
	assert_int_equal(deeds.n, 2); /* a module stays, a reset is over */
	assert_int_equal(deeds.item[0].step.kind, STEP_BIND);
	assert_int_equal(deeds.item[1].step.kind, STEP_UNBIND);
	for (size_t i = 0; i < deeds.n; i++) {
		assert_int_equal(deeds.item[i].step.direction, STEP_UNDO);
		assert_int_equal(deeds.item[i].step.stage, 0);
		assert_false(deeds.item[i].rollback);
	}
	deeds_free(&deeds);
	assert_int_equal(undo_add(j, HELD(nic), 2, true, &deeds), 0);
	assert_int_equal(deeds.n, 1); /* not what an earlier run did */
	assert_true(deeds.item[0].rollback);
	deeds_free(&deeds);
	/* Nothing of the disk is in effect any more. */
	assert_int_equal(undo_add(j, HELD(disk), 0, false, &deeds), 0);
	assert_int_equal(deeds.n, 0);
	assert_false(undo_is_left(j, HELD(disk)));
	assert_true(undo_is_left(j, HELD(nic)));
	journal_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_is_written_is_read_again),
		scratch_test(a_torn_last_record_is_cut_off),
		scratch_test(damage_is_refused_by_line),
		scratch_test(nul_bytes_are_damage),
		scratch_test(a_newer_version_is_not_touched),
		scratch_test(another_boots_journal_is_history),
		scratch_test(a_guest_may_have_used_what_was_prepared),
		scratch_test(records_of_an_earlier_version_have_no_times),
		scratch_test(times_are_written_and_read),
		scratch_test(addresses_are_found_in_damaged_text),
		scratch_test(one_process_at_a_time),
		scratch_test(a_link_is_no_journal),
		scratch_test(parked_and_taken_and_closed),
		scratch_test(compacting_keeps_what_is_open),
		scratch_test(compacting_keeps_what_is_parked),
		scratch_test(journals_come_in_order),
		scratch_test(steps_are_bounded),
		scratch_test(undo_goes_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals: what is written, and read again. */
#include "journal-scene.h"

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

/* One record forgets all at once: a run that is cut off in it has forgotten nothing. */
static void what_is_closed_is_over(void **state)
{
	struct journal *j = create(*state), *again;
	struct hold a = hold_of(nic, 0);

	fill(j);
	assert_true(journal_alive(&j->step[0]));
	assert_int_equal(journal_close(j, HELD(nic)), 0);
	assert_int_equal(j->step[0].state, JOURNAL_UNDONE);
	assert_int_equal(j->step[1].state, JOURNAL_UNDONE);
	assert_int_equal(journal_take(j, &a), 0); /* and stays so */
	again = reread(*state);
	assert_true(journal_find(again, HELD(nic))->open);
	for (size_t i = 0; i < j->steps; i++)
		assert_int_equal(again->step[i].state, j->step[i].state);
	journal_free(again);
	journal_free(j);
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
		scratch_test(a_guest_may_have_used_what_was_prepared),
		scratch_test(times_are_written_and_read),
		scratch_test(one_process_at_a_time),
		scratch_test(parked_and_taken_and_closed),
		scratch_test(what_is_closed_is_over),
		scratch_test(compacting_keeps_what_is_open),
		scratch_test(compacting_keeps_what_is_parked),
		scratch_test(journals_come_in_order),
		scratch_test(steps_are_bounded),
		scratch_test(undo_goes_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

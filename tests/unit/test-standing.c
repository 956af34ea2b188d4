/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cannot be told is not taken for gone: files of a fake root, processes of none. */
#include "unit.h"

#include <string.h>

#include "run/standing.h"

#define PID_FILE "/run/qemu-server/100.pid"

struct case_ {
	struct request request;
	struct outcome outcome;
	struct session session;
	char why[STANDING_WORDS];
};

static void begin(const struct scratch *s, struct case_ *c)
{
	struct err err;

	*c = (struct case_){.request = {.root = &s->root, .vmid = 100}};
	c->session = (struct session){.request = &c->request,
				      .root = &s->root,
				      .outcome = &c->outcome,
				      .cancel = CANCEL_NONE,
				      .lock = -1};
	scratch_mkdir(s, "/run/hostpci/vm");
	assert_int_equal(
		journal_open(&s->root, 100, SCOPE_ALL, true, &c->session.journal, &err),
		0);
}

static void process(const struct scratch *s, const char *state, const char *line,
		    size_t size)
{
	char stat[200] = "77 (kvm) ";

	(void)strcat(strcat(stat, state),
		     " 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0\n");
	scratch_put(s, "/proc/77/stat", stat);
	scratch_put_bytes(s, "/proc/77/cmdline", line, size);
	scratch_put(s, PID_FILE, "77\n");
}

static void a_process_without_a_command_line_cannot_be_told(void **state)
{
	const struct scratch *s = *state;
	struct case_ c;

	begin(s, &c);
	process(s, "S", "", 0);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_UNKNOWN);
	assert_contains(c.why, "process 77, which /run/qemu-server/100.pid names");
	/* A zombie has nothing open any more. */
	process(s, "Z", "", 0);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	journal_free(c.session.journal);
}

static void a_machine_is_known_by_its_command_line(void **state)
{
	static const char mine[] = "/usr/bin/kvm\0-id\000100",
			  other[] = "kvm\0-id\000101";
	const struct scratch *s = *state;
	struct case_ c;

	begin(s, &c);
	process(s, "S", mine, sizeof(mine));
	assert_int_equal(standing_of(&c.session, c.why), STANDING_RUNS);
	assert_string_equal(c.why, "runs (pid 77)");
	process(s, "S", other, sizeof(other));
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	/* What post-start recorded counts without the file, but for its start time. */
	assert_int_equal(journal_qemu(c.session.journal, &(struct proc_id){77, 12345}),
			 0);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_RUNS);
	assert_int_equal(journal_qemu(c.session.journal, &(struct proc_id){77, 12346}),
			 0);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	journal_free(c.session.journal);
}

static void a_start_is_waited_for(void **state)
{
	const struct scratch *s = *state;
	struct case_ c;

	begin(s, &c);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	assert_int_equal(journal_phase(c.session.journal, "prepared"), 0);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_STARTS);
	c.session.journal->phase_at -= LIMIT_START_S;
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	/* One that did not come to its end is over as soon as its process is. */
	assert_int_equal(journal_phase(c.session.journal, "pre-start"), 0);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	/* Nobody knows its QEMU. */
	assert_int_equal(journal_phase(c.session.journal, "running"), 0);
	assert_int_equal(standing_of(&c.session, c.why), STANDING_STARTS);
	/* Proxmox's lock was held when it was started: it is nowhere to be seen, it is
	 * free. */
	c.session.journal->locked = true;
	assert_int_equal(standing_of(&c.session, c.why), STANDING_STARTS);
	scratch_put(s, "/var/lock/qemu-server/lock-100.conf", "");
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	scratch_put(s, "/run/qemu-server/pci-id-reservations",
		    "0000:01:00.0 100 time:99999999999\n");
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	journal_free(c.session.journal);
}

static void reservations_tell_of_a_start(void **state)
{
	const struct scratch *s = *state;
	struct case_ c;

	begin(s, &c);
	scratch_put(s, "/run/qemu-server/pci-id-reservations",
		    "0000:01:00.0 101 time:99999999999\n0000:02:00.0 100 time:1\n");
	assert_int_equal(standing_of(&c.session, c.why), STANDING_OVER);
	scratch_put(s, "/run/qemu-server/pci-id-reservations",
		    "0000:01:00.0 100 time:99999999999\n");
	assert_int_equal(standing_of(&c.session, c.why), STANDING_STARTS);
	journal_free(c.session.journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_process_without_a_command_line_cannot_be_told),
		scratch_test(a_machine_is_known_by_its_command_line),
		scratch_test(a_start_is_waited_for),
		scratch_test(reservations_tell_of_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

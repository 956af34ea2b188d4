/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proxmox's reservation file: others are honoured, and it stays as Proxmox writes it. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "run/reservation-table.h"
#include "run/reservation.h"

#define FILE_NAME "/run/qemu-server/pci-id-reservations"

static const struct bdf a = {0, 1, 0, 0}, b = {0, 2, 0, 0};

static void running(const struct scratch *s, unsigned vmid, int pid)
{
	char path[64], text[64];
	int n;

	(void)snprintf(path, sizeof(path), "/run/qemu-server/%u.pid", vmid);
	(void)snprintf(text, sizeof(text), "%d\n", pid);
	scratch_put(s, path, text);
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	n = snprintf(text, sizeof(text), "kvm%c-id%c%u", 0, 0, vmid);
	scratch_put_bytes(s, path, text, (size_t)n + 1);
}

static int take(const struct scratch *s, uint32_t vmid, const struct bdf *bdf,
		struct err *err)
{
	struct reservation who = {.vmid = vmid, .timeout_s = 60};

	return reservation_take(&s->root, &who, bdf, 1, NULL, err);
}

static void it_is_for_proxmox_only(void **state)
{
	struct scratch *s = *state;

	assert_false(reservation_exists(&s->root));
	scratch_mkdir(s, "/run/qemu-server");
	assert_true(reservation_exists(&s->root));
}

static void a_time_is_five_seconds_more(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct scratch *s = *state;
	struct err err;
	long at;

	scratch_mkdir(s, "/run/qemu-server");
	assert_int_equal(take(s, 100, &a, &err), 0);
	text = scratch_get(s, FILE_NAME);
	assert_contains(text, "0000:01:00.0 100 time:");
	at = atol(strchr(text, 't') + strlen("time:")) - (long)time(NULL);
	assert_in_range(at, 63, 65);
}

static void who_runs_or_starts_keeps_it(void **state)
{
	struct scratch *s = *state;
	struct notes notes = {0};
	struct reservation who = {.vmid = 100, .pid = 55};
	struct err err;

	running(s, 101, 999);
	scratch_put(s, FILE_NAME,
		    "0000:01:00.0 101 pid:999\n0000:02:00.0 101 pid:998\n"
		    "0000:03:00.0 101 time:99999999999\n");
	assert_int_equal(take(s, 100, &a, &err), -EBUSY);
	assert_contains(err.msg, "0000:01:00.0 is in use by VM 101");
	assert_int_equal(take(s, 100, &(struct bdf){0, 3, 0, 0}, &err), -EBUSY);
	assert_contains(err.msg, "0000:03:00.0 is reserved by VM 101");
	/* Left by a QEMU that is gone. */
	assert_int_equal(reservation_take(&s->root, &who, &b, 1, &notes, &err), 0);
	assert_int_equal(notes.n, 1);
	notes_free(&notes);
}

static void all_or_nothing(void **state)
{
	static const char before[] = "0000:02:00.0 101 time:99999999999\n";
	_cleanup_free_ char *text = NULL;
	struct scratch *s = *state;
	struct reservation who = {.vmid = 100, .timeout_s = 10};
	const struct bdf both[] = {a, b};
	struct err err;

	scratch_put(s, FILE_NAME, before);
	assert_int_equal(reservation_take(&s->root, &who, both, 2, NULL, &err), -EBUSY);
	text = scratch_get(s, FILE_NAME);
	assert_string_equal(text, before);
}

static void only_ones_own_is_dropped(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct scratch *s = *state;
	struct err err;

	scratch_put(s, FILE_NAME,
		    "0000:02:00.0 101 pid:7\njunk\n0000:01:00.0 100 pid:8\n"
		    "0000:03:00.0 100 time:9\n");
	assert_int_equal(reservation_drop(&s->root, 100, &a, 1, &err), 0);
	text = scratch_get(s, FILE_NAME);
	assert_string_equal(text, "0000:02:00.0 101 pid:7\n0000:03:00.0 100 time:9\n");
}

static void what_others_have_becomes_a_claim(void **state)
{
	_cleanup_(facts_freep) struct facts *facts = facts_new();
	struct scratch *s = *state;
	struct err err;

	assert_non_null(facts);
	running(s, 102, 999);
	scratch_put(s, FILE_NAME,
		    "0000:01:00.0 100 time:99999999999\n0000:02:00.0 101 time:5\n"
		    "0000:03:00.0 101 time:99999999999\n0000:04:00.0 102 pid:999\n"
		    "0000:05:00.0 103 pid:998\n");
	assert_int_equal(reservation_gather(&s->root, 100, facts, &err), 0);
	assert_int_equal(facts->claims, 2);
	assert_int_equal(facts->claim[0].kind, CLAIM_RESERVED);
	assert_int_equal(facts->claim[0].vmid, 101);
	assert_int_equal(facts->claim[1].kind, CLAIM_RUNNING);
	assert_int_equal(facts->claim[1].bdf.bus, 4);
}

/* What a function before has left there; returns it. */
static int __attribute__((noinline)) fill_stack(int byte)
{
	volatile char stack[4096];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = (char)byte;
	return stack[sizeof(stack) / 2];
}

static void what_is_read_was_not_asked_yet(void **state)
{
	(void)state;
	for (int byte = 0; byte < 2; byte++) {
		struct reservation_table table = {0};
		char text[] = "0000:01:00.0 101 pid:998\n";

		assert_int_equal(fill_stack(byte), byte);
		assert_int_equal(reservation_table_parse(text, &table), 0);
		assert_int_equal(table.n, 1);
		assert_false(table.item[0].asked);
		assert_int_equal(table.item[0].found, 0);
		reservation_table_free(&table);
	}
}

/* Its command line is shown under a lock that it may keep for ever. */
static void a_machine_that_hangs_is_asked_once(void **state)
{
	struct scratch *s = *state;
	struct facts *facts = facts_new();
	char path[96];
	struct err err;
	int64_t begin;

	running(s, 101, 998);
	(void)snprintf(path, sizeof(path), "%s/proc/998/cmdline", s->path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	running(s, 102, 997);
	scratch_put(s, FILE_NAME,
		    "0000:01:00.0 101 pid:998\n0000:02:00.0 102 pid:997\n"
		    "0000:03:00.0 101 pid:998\n0000:04:00.0 101 pid:998\n");
	begin = clock_ms();
	assert_int_equal(reservation_gather(&s->root, 100, facts, &err), 0);
	assert_in_range(clock_ms() - begin, 0, LIMIT_READ_MS + 2000);
	assert_int_equal(facts->claims, 4);
	facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(it_is_for_proxmox_only),
		scratch_test(a_time_is_five_seconds_more),
		scratch_test(who_runs_or_starts_keeps_it),
		scratch_test(all_or_nothing),
		scratch_test(only_ones_own_is_dropped),
		scratch_test(what_others_have_becomes_a_claim),
		scratch_test(what_is_read_was_not_asked_yet),
		scratch_test(a_machine_that_hangs_is_asked_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

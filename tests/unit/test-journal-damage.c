/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals that are damaged, old, of another version, or none. */
#include "journal-scene.h"

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

static void addresses_are_found_in_damaged_text(void **state)
{
	static const char text[] = HEADER "{\"hold\":\"0000:01:00.0\",\"sl\n\0\0\"x\"\n"
					  "\"0000:02:00.0\" \"0000:03:00.0\n"
					  "\"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\"";
	struct scratch *s = *state;
	struct hold found[6];

	scratch_put_bytes(s, FILE_100, text, sizeof(text) - 1);
	assert_int_equal(journal_salvage(&s->root, 100, SCOPE_ALL, found, 6), 5);
	/* The first UUID is the boot's, which no device has. */
	assert_true(bdf_equal(&found[1].bdf, &nic));
	assert_true(bdf_equal(&found[2].bdf, &disk));
	assert_string_equal(found[4].mdev.text, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	assert_int_equal(journal_salvage(&s->root, 100, SCOPE_ALL, found, 1), 1);
	assert_int_equal(journal_salvage(&s->root, 101, SCOPE_ALL, found, 4), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_torn_last_record_is_cut_off),
		scratch_test(damage_is_refused_by_line),
		scratch_test(nul_bytes_are_damage),
		scratch_test(a_newer_version_is_not_touched),
		scratch_test(another_boots_journal_is_history),
		scratch_test(records_of_an_earlier_version_have_no_times),
		scratch_test(addresses_are_found_in_damaged_text),
		scratch_test(a_link_is_no_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices: names, what a look says, their steps, and what a journal keeps. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "host/mdev.h"
#include "run/journal.h"
#include "spec/mdev-attribute.h"

#define ONE    "00000000-0000-0000-0000-000000000100"
#define OTHER  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define PARENT "0000:05:00.0"

static void a_uuid_is_36_characters(void **state)
{
	static const char *const wrong[] = {"",
					    "83b8f4f2-509f-382f-3c1e-e6bfe0fa100",
					    OTHER "1",
					    OTHER "\n",
					    "83b8f4f2x509f-382f-3c1e-e6bfe0fa1001",
					    "83b8f4f2-509f-382f-3c1e-e6bfe0fa100g",
					    "../../..-509f-382f-3c1e-e6bfe0fa1001",
					    "-3b8f4f2-509f-382f-3c1e-e6bfe0fa1001"};
	struct uuid uuid = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(uuid_parse(wrong[i], &uuid), -EINVAL);
	assert_false(uuid_is_set(&uuid));
	assert_int_equal(uuid_parse("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", &uuid), 0);
	assert_string_equal(uuid.text, OTHER); /* as sysfs writes it */
}

static void attributes_are_settings_of_the_device(void **state)
{
	static const char *const wrong[] = {"",
					    "x",
					    "x=",
					    "=x",
					    "../x=1",
					    "x/../y=1",
					    "/x=1",
					    "x/=1",
					    "x/y/z=1",
					    ".x=1",
					    "x y=1",
					    "remove=1",
					    "uevent=1",
					    "driver/unbind=x",
					    "power/control=on",
					    "mdev_type/create=x",
					    "x=\"",
					    "x=\\",
					    "x=a\nb",
					    "x/.y=1"};
	char value[LIMIT_VALUE + 8] = "x=";
	struct mdev_attribute a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (mdev_attribute_parse(wrong[i], &a))
			fail_msg("'%s' is taken", wrong[i]);
	memset(value + 2, '1', LIMIT_VALUE);
	assert_false(mdev_attribute_parse(value, &a));
	assert_true(mdev_attribute_parse("nvidia/vgpu_params=a=1, b=2", &a));
	assert_string_equal(a.name, "nvidia/vgpu_params");
	assert_string_equal(a.value, "a=1, b=2");
	assert_true(mdev_attribute_parse("removed=1", &a));
}

static void a_look_survives_its_way(void **state)
{
	static const struct mdev_seen rows[] = {
		{.group = -1},
		{.there = true, .going = true, .group = -1},
		{.there = true, .parent = PARENT, .type = "i915-GVTg_V5_4", .group = 14},
		{.there = true, .parent = "mtty", .group = -1},
		{.there = true, .cleans = true, .parent = PARENT, .type = "nvidia-63"},
	};
	static const char *const odd[] = {"x", "/", "//", "1/", "going x", "-/a/b"};
	struct mdev_seen seen;
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mdev_seen_format(&rows[i], text, sizeof(text));
		mdev_seen_parse(text, &seen);
		assert_int_equal(seen.there, rows[i].there);
		assert_int_equal(seen.going, rows[i].going);
		assert_int_equal(seen.cleans, rows[i].cleans);
		assert_int_equal(seen.group, rows[i].group);
		assert_string_equal(seen.parent, rows[i].parent);
		assert_string_equal(seen.type, rows[i].type);
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		mdev_seen_parse(odd[i], &seen);
}

static struct step make(enum step_kind kind, enum step_direction direction,
			const char *found, const char *want)
{
	struct step s = {.kind = kind,
			 .direction = direction,
			 .bdf = {0, 5, 0, 0},
			 .mdev = {ONE},
			 .deadline_ms = 1000,
			 .group = 24};

	(void)strcpy(s.found, found);
	(void)strcpy(s.want, want);
	return s;
}

static void each_direction_has_its_write(void **state)
{
	struct step create = make(STEP_MDEV, STEP_DO, PARENT, "x-1");
	struct step set = make(STEP_MDEV_ATTRIBUTE, STEP_DO, "nvidia/vgpu_params", "a=1");
	struct step_write w = {0};
	struct child_request look;
	char words[STEP_WORDS];

	(void)state;
	assert_true(step_ops(&create)->write(&create, &w));
	assert_string_equal(w.path, "/sys/class/mdev_bus/" PARENT
				    "/mdev_supported_types/x-1/create");
	assert_string_equal(w.value, ONE);
	assert_false(step_ops(&create)->needs_idle(&create, &look));
	step_ops(&create)->describe(&create, words, sizeof(words));
	assert_string_equal(words, "create x-1 on " PARENT);
	assert_string_equal(STEP_DEVICE(&create), "hostpci0 mdev " ONE);
	create.direction = STEP_UNDO;
	assert_true(step_ops(&create)->write(&create, &w));
	assert_string_equal(w.path, "/sys/bus/mdev/devices/" ONE "/remove");
	assert_string_equal(w.value, "1");
	assert_true(step_ops(&create)->needs_idle(&create, &look));
	assert_int_equal(look.op, LOOK_MDEV_BUSY);
	assert_true(step_undoes(&create) && !step_undoes(&set));
	assert_true(step_ops(&set)->write(&set, &w));
	assert_string_equal(w.path, "/sys/bus/mdev/devices/" ONE "/nvidia/vgpu_params");
	assert_string_equal(w.value, "a=1");
}

static void each_look_is_judged(void **state)
{
	static const struct {
		enum step_direction direction;
		const char *seen;
		bool written;
		enum step_verdict verdict;
		bool waits;
	} rows[] = {
		{STEP_DO, "", false, STEP_GO, false},
		{STEP_DO, "going", false, STEP_GO, true},
		{STEP_DO, "14/" PARENT "/x-1", false, STEP_REACHED, false},
		{STEP_DO, "14/" PARENT "/x-2", false, STEP_FOREIGN, false},
		{STEP_DO, "", true, STEP_GO, false}, /* a lie */
		{STEP_DO, "-1/" PARENT "/", true, STEP_GO, true},
		{STEP_DO, "-1/" PARENT "/x-1", true, STEP_GO, true},
		{STEP_DO, "14/" PARENT "/x-1", true, STEP_REACHED, true},
		{STEP_UNDO, "14/" PARENT "/x-1", false, STEP_GO, false},
		{STEP_UNDO, "14 cleans/" PARENT "/x-1", false, STEP_GO, true},
		{STEP_UNDO, "14 cleans/" PARENT "/x-1", true, STEP_GO, false},
		{STEP_UNDO, "14/" PARENT "/x-2", false, STEP_FOREIGN, false},
		{STEP_UNDO, "going", false, STEP_GO, true},
		{STEP_UNDO, "", false, STEP_REACHED, false},
		{STEP_UNDO, "", true, STEP_REACHED, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step s = make(STEP_MDEV, rows[i].direction, PARENT, "x-1");
		const struct step_ops *ops = step_ops(&s);
		char words[STEP_WORDS];

		if (ops->judge(&s, rows[i].seen, rows[i].written) != rows[i].verdict ||
		    !!ops->patience_ms(&s, rows[i].seen, rows[i].written) !=
			    rows[i].waits)
			fail_msg("row %zu", i);
		(void)step_explain(&s, rows[i].seen, rows[i].written, words);
		assert_true(words[0]);
	}
}

/* The parent's folder says that one is still being removed. */
static void what_is_there_is_read(void **state)
{
	struct scratch *s = *state;
	struct mdev_seen seen;

	mdev_read(&s->root, PARENT, ONE, &seen);
	assert_false(seen.there);
	scratch_mkdir(s, "/sys/devices/pci0000:00/" PARENT "/" ONE);
	scratch_link(s, "../../devices/pci0000:00/" PARENT,
		     "/sys/class/mdev_bus/" PARENT);
	mdev_read(&s->root, PARENT, ONE, &seen);
	assert_true(seen.there && seen.going);
	mdev_read(&s->root, "", ONE, &seen);
	assert_false(seen.there);
	scratch_link(s, "../../../devices/pci0000:00/" PARENT "/" ONE,
		     "/sys/bus/mdev/devices/" ONE);
	mdev_read(&s->root, PARENT, ONE, &seen);
	assert_true(seen.there && !seen.going);
	assert_string_equal(seen.parent, PARENT);
	assert_string_equal(seen.type, "");
	assert_int_equal(seen.group, -1);
	scratch_link(s, "../mdev_supported_types/x-1",
		     "/sys/devices/pci0000:00/" PARENT "/" ONE "/mdev_type");
	scratch_link(s, "../../../../kernel/iommu_groups/26",
		     "/sys/devices/pci0000:00/" PARENT "/" ONE "/iommu_group");
	scratch_put(s, "/sys/devices/pci0000:00/" PARENT "/vendor", "0x10de\n");
	mdev_read(&s->root, PARENT, ONE, &seen);
	assert_string_equal(seen.type, "x-1");
	assert_int_equal(seen.group, 26);
	assert_true(seen.cleans);
}

/* Two on one parent, and the parent itself, are three devices. */
static void a_journal_tells_them_apart(void **state)
{
	struct scratch *s = *state;
	const struct hold parent = {.bdf = {0, 5, 0, 0}, .group = 24};
	struct hold a = parent, b = parent;
	struct step step = make(STEP_MDEV, STEP_DO, PARENT, "x-1");
	struct journal *j = NULL;
	struct err err;

	(void)strcpy(a.mdev.text, ONE);
	(void)strcpy(b.mdev.text, OTHER);
	scratch_mkdir(s, "/run/hostpci/vm");
	assert_int_equal(journal_open(&s->root, 100, SCOPE_MDEV, true, &j, &err), 0);
	assert_int_equal(journal_take(j, &a), 0);
	assert_int_equal(journal_take(j, &b), 0);
	assert_int_equal(journal_intent(j, &step), 0);
	assert_int_equal(journal_close(j, &b), 0);
	assert_null(journal_find(j, &parent));
	journal_free(j);
	assert_int_equal(journal_read(&s->root, 100, SCOPE_ALL, &j, &err), -ENOENT);
	assert_int_equal(journal_read(&s->root, 100, SCOPE_MDEV, &j, &err), 0);
	assert_int_equal(j->holds, 2);
	assert_null(journal_find(j, &parent));
	assert_true(journal_find(j, &a)->open);
	assert_false(journal_find(j, &b)->open);
	assert_true(hold_has(&a, &j->step[0].step));
	assert_false(hold_has(&b, &j->step[0].step));
	assert_false(hold_has(&parent, &j->step[0].step));
	journal_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uuid_is_36_characters),
		cmocka_unit_test(attributes_are_settings_of_the_device),
		cmocka_unit_test(a_look_survives_its_way),
		cmocka_unit_test(each_direction_has_its_write),
		cmocka_unit_test(each_look_is_judged),
		scratch_test(what_is_there_is_read),
		scratch_test(a_journal_tells_them_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

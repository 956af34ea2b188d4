/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of step in both directions: its write, its words, and how it judges. */
#include "unit.h"

#include <string.h>

#include "host/look.h"
#include "plan/step.h"

#define DEVICE	"/sys/bus/pci/devices/0000:01:00.0/"
#define DRIVERS "/sys/bus/pci/drivers/"

static struct step make(enum step_kind kind, enum step_direction direction,
			const char *found, const char *want)
{
	struct step s = {.kind = kind, .direction = direction, .bdf = {0, 1, 0, 0}};

	(void)strcpy(s.found, found);
	(void)strcpy(s.want, want);
	return s;
}

static const struct {
	enum step_kind kind;
	enum step_direction direction;
	const char *found, *want;
	const char *path, *value; /* of the write; path NULL: none */
	const char *words;
	bool idle;
	enum look_op look;
} writes[] = {
	{STEP_UNBIND, STEP_DO, "nvme", "", DRIVERS "nvme/unbind", "0000:01:00.0",
	 "unbind from nvme", false, LOOK_LINK},
	{STEP_UNBIND, STEP_UNDO, "nvme", "", DRIVERS "nvme/bind", "0000:01:00.0",
	 "bind back to nvme", false, LOOK_LINK},
	{STEP_BIND, STEP_DO, "", "vfio-pci", DRIVERS "vfio-pci/bind", "0000:01:00.0",
	 "bind to vfio-pci", false, LOOK_LINK},
	{STEP_BIND, STEP_UNDO, "", "vfio-pci", DRIVERS "vfio-pci/unbind", "0000:01:00.0",
	 "unbind from vfio-pci", true, LOOK_LINK},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", DEVICE "driver_override", "vfio-pci",
	 "set driver_override to vfio-pci", false, LOOK_READ},
	{STEP_OVERRIDE, STEP_UNDO, "", "vfio-pci", DEVICE "driver_override", "\n",
	 "clear driver_override", false, LOOK_READ},
	{STEP_OVERRIDE, STEP_UNDO, "igb", "vfio-pci", DEVICE "driver_override", "igb",
	 "set driver_override to igb", false, LOOK_READ},
	{STEP_RESET, STEP_DO, "", "", DEVICE "reset", "1", "reset", true, LOOK_CONFIG},
	{STEP_RESET, STEP_UNDO, "", "", NULL, NULL, "reset", false, LOOK_CONFIG},
	{STEP_MODULE, STEP_DO, "", "vfio-pci", "", "vfio-pci", "load module vfio-pci",
	 false, LOOK_EXISTS},
	{STEP_MODULE, STEP_UNDO, "", "vfio-pci", NULL, NULL, "load module vfio-pci",
	 false, LOOK_EXISTS},
};

static void each_direction_has_its_one_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct step s = make(writes[i].kind, writes[i].direction, writes[i].found,
				     writes[i].want);
		const struct step_ops *ops = step_ops(&s);
		struct step_write w = {0};
		struct child_request look;
		char words[96];

		assert_int_equal(ops->write(&s, &w), writes[i].path != NULL);
		if (writes[i].path) {
			assert_string_equal(w.path, writes[i].path);
			assert_string_equal(w.value, writes[i].value);
			assert_int_equal(w.module, s.kind == STEP_MODULE);
			assert_true(w.value[0]); /* an empty write does nothing */
		}
		ops->describe(&s, words, sizeof(words));
		assert_string_equal(words, writes[i].words);
		assert_int_equal(ops->needs_idle && ops->needs_idle(&s), writes[i].idle);
		ops->look(&s, &look);
		assert_int_equal(look.op, writes[i].look);
		assert_memory_equal(look.path, "/sys/", 5);
	}
}

static const struct {
	enum step_kind kind;
	enum step_direction direction;
	const char *found, *want, *seen;
	bool written;
	enum step_verdict verdict;
} verdicts[] = {
	{STEP_UNBIND, STEP_DO, "nvme", "", "nvme", false, STEP_GO},
	{STEP_UNBIND, STEP_DO, "nvme", "", "", false, STEP_REACHED},
	{STEP_UNBIND, STEP_DO, "nvme", "", "nvme", true, STEP_GO}, /* a lie */
	{STEP_UNBIND, STEP_DO, "nvme", "", "", true, STEP_REACHED},
	{STEP_UNBIND, STEP_DO, "nvme", "", "vfio-pci", false, STEP_FOREIGN},
	{STEP_UNBIND, STEP_UNDO, "nvme", "", "nvme", false, STEP_REACHED},
	{STEP_UNBIND, STEP_UNDO, "nvme", "", "", false, STEP_GO},
	{STEP_UNBIND, STEP_UNDO, "nvme", "", "other", false, STEP_FOREIGN},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "", false, STEP_GO},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "", true, STEP_GO},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "vfio-pci", true, STEP_REACHED},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "nvme", false, STEP_FOREIGN},
	{STEP_BIND, STEP_UNDO, "", "vfio-pci", "vfio-pci", false, STEP_GO},
	{STEP_BIND, STEP_UNDO, "", "vfio-pci", "", false, STEP_REACHED},
	/* Not on our driver any more: nothing of ours is there. */
	{STEP_BIND, STEP_UNDO, "", "vfio-pci", "nvme", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "(null)", false, STEP_GO},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "", false, STEP_GO},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "vfio-pci", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "igb", false, STEP_FOREIGN},
	{STEP_OVERRIDE, STEP_UNDO, "", "vfio-pci", "vfio-pci", false, STEP_GO},
	{STEP_OVERRIDE, STEP_UNDO, "", "vfio-pci", "(null)", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_UNDO, "igb", "vfio-pci", "igb", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_UNDO, "igb", "vfio-pci", "(null)", false, STEP_FOREIGN},
	{STEP_RESET, STEP_DO, "", "", "8086", false, STEP_GO},
	{STEP_RESET, STEP_DO, "", "", "8086", true, STEP_REACHED},
	{STEP_RESET, STEP_DO, "", "", "ffff", false, STEP_FOREIGN},
	{STEP_RESET, STEP_DO, "", "", "ffff", true,
	 STEP_FOREIGN}, /* it did not come back */
	{STEP_RESET, STEP_UNDO, "", "", "8086", false, STEP_REACHED},
	{STEP_MODULE, STEP_DO, "", "vfio-pci", "", false, STEP_GO},
	{STEP_MODULE, STEP_DO, "", "vfio-pci", "yes", false, STEP_REACHED},
	{STEP_MODULE, STEP_DO, "", "vfio-pci", "", true, STEP_GO},
	{STEP_MODULE, STEP_UNDO, "", "vfio-pci", "yes", false, STEP_REACHED},
};

static void each_look_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct step s = make(verdicts[i].kind, verdicts[i].direction,
				     verdicts[i].found, verdicts[i].want);

		if (step_ops(&s)->judge(&s, verdicts[i].seen, verdicts[i].written) !=
		    verdicts[i].verdict)
			fail_msg("%s %s, seen '%s', %swritten", step_ops(&s)->name,
				 verdicts[i].direction == STEP_DO ? "do" : "undo",
				 verdicts[i].seen, verdicts[i].written ? "" : "not ");
	}
}

static void the_table_is_complete(void **state)
{
	(void)state;
	for (int i = 0; i < _STEP_MAX; i++) {
		const struct step_ops *ops = step_table[i];

		assert_non_null(ops);
		assert_non_null(ops->write);
		assert_non_null(ops->look);
		assert_non_null(ops->judge);
		assert_non_null(ops->describe);
		assert_true(ops->deadline_ms > 0);
		assert_int_equal(step_kind_parse(ops->name), i);
		assert_true(step_deadline_ms((enum step_kind)i, "") == ops->deadline_ms);
	}
	assert_int_equal(step_kind_parse("no-such"), _STEP_INVALID);
}

static void looks_answer_what_judges_expect(void **state)
{
	struct scratch *s = *state;
	struct step bind = make(STEP_BIND, STEP_DO, "", "vfio-pci");
	struct step override = make(STEP_OVERRIDE, STEP_DO, "", "vfio-pci");
	struct step reset = make(STEP_RESET, STEP_DO, "", "");
	struct child_request request;
	struct child_reply reply = {0};

	scratch_put(s, DEVICE "driver_override", "(null)\n");
	scratch_put_bytes(s, DEVICE "config", "\x86\x80\x01\x02", 4);
	scratch_link(s, "../../../drivers/vfio-pci", DEVICE "driver");
	step_ops(&bind)->look(&bind, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "vfio-pci");
	step_ops(&override)->look(&override, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "(null)");
	step_ops(&reset)->look(&reset, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "8086");
	request.op = _LOOK_MAX;
	look_handle(&s->root, &request, &reply);
	assert_true(reply.result < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_direction_has_its_one_write),
		cmocka_unit_test(each_look_is_judged),
		cmocka_unit_test(the_table_is_complete),
		scratch_test(looks_answer_what_judges_expect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

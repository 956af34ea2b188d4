/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of step in both directions: its write and its words. */
#include "step-make.h"

#include "host/look.h"

#define DEVICE	 "/sys/bus/pci/devices/0000:01:00.0/"
#define FUNCTION "/sys/bus/pci/devices/0000:01:00.0"
#define DRIVERS	 "/sys/bus/pci/drivers/"

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
	{STEP_RESET, STEP_DO, "", "", DEVICE "reset", "1", "reset", true, LOOK_EXISTS},
	{STEP_RESET, STEP_UNDO, "", "", NULL, NULL, "reset", false, LOOK_EXISTS},
	{STEP_KEEP, STEP_DO, "auto", "power", NULL, NULL, "remember power/control (auto)",
	 false, LOOK_TEXT},
	{STEP_KEEP, STEP_UNDO, "auto", "power", DEVICE "power/control", "auto",
	 "put power/control back to 'auto'", false, LOOK_TEXT},
	{STEP_KEEP, STEP_UNDO, "", "reset_method", DEVICE "reset_method", "\n",
	 "put reset_method back to ''", false, LOOK_TEXT},
	{STEP_POWER, STEP_DO, "auto", "on", DEVICE "power/control", "on",
	 "set power/control to on", false, LOOK_TEXT},
	{STEP_POWER, STEP_UNDO, "auto", "on", DEVICE "power/control", "auto",
	 "set power/control to auto", false, LOOK_TEXT},
	{STEP_D3COLD, STEP_DO, "1", "0", DEVICE "d3cold_allowed", "0",
	 "set d3cold_allowed to 0", false, LOOK_TEXT},
	{STEP_D3COLD, STEP_UNDO, "1", "0", DEVICE "d3cold_allowed", "1",
	 "set d3cold_allowed to 1", false, LOOK_TEXT},
	{STEP_REMOVE, STEP_DO, IDENTITY, "", DEVICE "remove", "1",
	 "remove it from the kernel", false, LOOK_DEVICE},
	{STEP_REMOVE, STEP_UNDO, IDENTITY, "", "/sys/class/pci_bus/0000:01/rescan", "1",
	 "find it again", false, LOOK_DEVICE},
	{STEP_RESCAN, STEP_DO, IDENTITY, "", "/sys/class/pci_bus/0000:01/rescan", "1",
	 "rescan its bus", false, LOOK_DEVICE},
	{STEP_RESCAN, STEP_UNDO, IDENTITY, "", NULL, NULL, "rescan its bus", false,
	 LOOK_DEVICE},
	{STEP_EVICT, STEP_DO, "nvme", "", DRIVERS "nvme/unbind", "0000:01:00.0",
	 "unbind from nvme again", false, LOOK_LINK},
	{STEP_EVICT, STEP_DO, "", "", NULL, NULL,
	 "unbind from the driver that took it again", false, LOOK_LINK},
	{STEP_EVICT, STEP_UNDO, "nvme", "", NULL, NULL, "unbind from nvme again", false,
	 LOOK_LINK},
	{STEP_BAR, STEP_DO, "1:8", "1:14", DEVICE "resource1_resize", "14",
	 "resize BAR 1 to 16G", false, LOOK_BAR},
	{STEP_BAR, STEP_UNDO, "1:8", "1:14", DEVICE "resource1_resize", "8",
	 "resize BAR 1 to 256M", false, LOOK_BAR},
	{STEP_REPROBE, STEP_DO, "pm bus", "default", DEVICE "reset_method", "default",
	 "look for its reset methods anew", false, LOOK_TEXT},
	{STEP_REPROBE, STEP_UNDO, "pm bus", "default", DEVICE "reset_method", "pm bus",
	 "put reset_method back to 'pm bus'", false, LOOK_TEXT},
	{STEP_METHODS, STEP_DO, "", "flr bus", DEVICE "reset_method", "flr bus",
	 "use the reset methods flr bus", false, LOOK_TEXT},
	{STEP_METHODS, STEP_DO, "", "", DEVICE "reset_method", "\n",
	 "switch its resets off", false, LOOK_TEXT},
	{STEP_METHODS, STEP_UNDO, "", "flr", NULL, NULL, "use the reset methods flr",
	 false, LOOK_TEXT},
	{STEP_NUMVFS, STEP_DO, "0", "7", DEVICE "sriov_numvfs", "7",
	 "make 7 virtual functions", false, LOOK_VFS},
	{STEP_NUMVFS, STEP_UNDO, "0", "1", DEVICE "sriov_numvfs", "0",
	 "remove its 1 virtual function", false, LOOK_VFS},
	{STEP_NUMVFS, STEP_UNDO, "3", "0", DEVICE "sriov_numvfs", "3",
	 "make 3 virtual functions", false, LOOK_VFS},
	{STEP_AUTOPROBE, STEP_DO, "1", "0", DEVICE "sriov_drivers_autoprobe", "0",
	 "set sriov_drivers_autoprobe to 0", false, LOOK_TEXT},
	{STEP_AUTOPROBE, STEP_UNDO, "1", "0", DEVICE "sriov_drivers_autoprobe", "1",
	 "set sriov_drivers_autoprobe to 1", false, LOOK_TEXT},
	{STEP_VF, STEP_DO, "3 mac 00:00:00:00:00:00", "3 mac 02:00:00:00:00:01", FUNCTION,
	 "3 mac 02:00:00:00:00:01", "set mac to 02:00:00:00:00:01", false, LOOK_VF},
	{STEP_VF, STEP_UNDO, "3 vlan 0:0:802.1Q", "3 vlan 5:0:802.1Q", FUNCTION,
	 "3 vlan 0:0:802.1Q", "set vlan to 0:0:802.1Q", true, LOOK_VF},
	{STEP_VF_ATTRIBUTE, STEP_DO, "3 profile/x 10", "3 profile/x 20",
	 DEVICE "physfn/sriov_admin/vf4/profile/x", "20", "set profile/x to 20", false,
	 LOOK_TEXT},
	{STEP_VF_ATTRIBUTE, STEP_UNDO, "3 profile/x 10", "3 profile/x 20",
	 DEVICE "physfn/sriov_admin/vf4/profile/x", "10", "set profile/x to 10", false,
	 LOOK_TEXT},
	{STEP_VFS_ATTRIBUTE, STEP_DO, "3 profile/x 0", "3 profile/x 20",
	 DEVICE "sriov_admin/vf4/profile/x", "20", "set profile/x of function 3 to 20",
	 false, LOOK_TEXT},
	{STEP_VFS_ATTRIBUTE, STEP_UNDO, "3 profile/x 0", "3 profile/x 20",
	 DEVICE "sriov_admin/vf4/profile/x", "0", "set profile/x of function 3 to 0",
	 false, LOOK_TEXT},
	{STEP_NVME, STEP_DO, "3 nvme offline:0:0", "3 nvme online:2:1", FUNCTION,
	 "3 nvme online:2:1", "put its controller online with 2 queues, 1 interrupts",
	 true, LOOK_NVME},
	{STEP_NVME, STEP_UNDO, "3 nvme offline:0:0", "3 nvme online:2:1", FUNCTION,
	 "3 nvme offline:0:0", "put its controller offline with 0 queues, 0 interrupts",
	 true, LOOK_NVME},
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", DEVICE "nvidia/current_vgpu_type", "557",
	 "set vGPU type 557", true, LOOK_VGPU},
	{STEP_VGPU_TYPE, STEP_UNDO, "0", "557", DEVICE "nvidia/current_vgpu_type", "0",
	 "free vGPU type 557", true, LOOK_VGPU},
	{STEP_VGPU_TYPE, STEP_DO, "558", "0", DEVICE "nvidia/current_vgpu_type", "0",
	 "free vGPU type 558, which nobody uses", true, LOOK_VGPU},
	{STEP_VGPU_TYPE, STEP_UNDO, "558", "0", DEVICE "nvidia/current_vgpu_type", "558",
	 "put vGPU type 558 back", true, LOOK_VGPU},
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
		char words[STEP_WORDS];

		assert_int_equal(ops->write(&s, &w), writes[i].path != NULL);
		if (writes[i].path) {
			assert_string_equal(w.path, writes[i].path);
			assert_string_equal(w.value, writes[i].value);
			assert_int_equal(w.module, s.kind == STEP_MODULE);
			assert_int_equal(w.netlink, s.kind == STEP_VF);
			assert_int_equal(w.nvme, s.kind == STEP_NVME);
			assert_true(w.value[0]); /* an empty write does nothing */
		}
		ops->describe(&s, words, sizeof(words));
		assert_string_equal(words, writes[i].words);
		assert_int_equal(ops->needs_idle && ops->needs_idle(&s, &look),
				 writes[i].idle);
		ops->look(&s, &look);
		assert_int_equal(look.op, writes[i].look);
		assert_memory_equal(look.path, "/sys/", 5);
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
	struct step bar = make(STEP_BAR, STEP_DO, "1:8", "1:9");
	struct child_request request;
	struct child_reply reply = {0};

	scratch_put(s, DEVICE "driver_override", "(null)\n");
	scratch_put_bytes(s, DEVICE "config", "\x86\x80\x01\x02", 4);
	scratch_link(s, "../../../drivers/vfio-pci", DEVICE "driver");
	scratch_link(s, "../../../../kernel/iommu_groups/14", DEVICE "iommu_group");
	scratch_mkdir(s, DEVICE "vfio-dev");
	scratch_put(s, DEVICE "resource",
		    "0x00000000fe000000 0x00000000feffffff 0x0000000000040200\n"
		    "0x0000004000000000 0x000000400fffffff 0x000000000014220c\n");
	step_ops(&bind)->look(&bind, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "vfio-pci");
	step_ops(&override)->look(&override, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "(null)");
	step_ops(&reset)->look(&reset, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "yes");
	step_ops(&reset)->look_after(&reset, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "8086:0201 group 14 vfio");
	step_ops(&bar)->look(&bar, &request);
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "8");
	request.op = _LOOK_MAX;
	look_handle(&s->root, &request, &reply);
	assert_true(reply.result < 0);
}

/* A group has one opener; the device's own node may have others. */
static void who_has_a_device_open_is_found(void **state)
{
	struct scratch *s = *state;
	struct child_request request;
	struct child_reply reply = {0};
	char open[PATH_MAX];

	look_request(&request, LOOK_GROUP_BUSY, "/dev/vfio/14");
	(void)strcpy(request.value, "0000:01:00.0");
	look_handle(&s->root, &request, &reply); /* no such node: nobody can have it */
	assert_int_equal(reply.result, 0);
	assert_string_equal(reply.value, "");
	scratch_put(s, "/dev/vfio/14", "");
	scratch_put(s, "/dev/vfio/devices/vfio3", "");
	scratch_mkdir(s, DEVICE "vfio-dev/vfio3");
	scratch_put(s, "/proc/77/comm", "qemu\n");
	(void)snprintf(open, sizeof(open), "%s/dev/vfio/devices/vfio1", s->root.path);
	scratch_link(s, open, "/proc/77/fd/9");
	look_handle(&s->root, &request, &reply);
	assert_string_equal(reply.value, "");
	(void)snprintf(open, sizeof(open), "%s/dev/vfio/devices/vfio3", s->root.path);
	scratch_link(s, open, "/proc/77/fd/10");
	look_handle(&s->root, &request, &reply);
	assert_int_equal(reply.result, 0);
	assert_string_equal(reply.value, "/dev/vfio/devices/vfio3");
}

static void the_last_look_decides_what_is_written(void **state)
{
	static const struct {
		const char *want, *seen, *value;
	} rows[] = {
		{"af_flr bus flr", "device_specific flr pm bus", "bus flr"},
		{"flr", "flr", "flr"},
		{"", "flr bus", "\n"},
		{"flr bus", NULL, "flr bus"}, /* a dry run */
	};
	struct step_write w = {.seen = "other"};
	struct step evict = make(STEP_EVICT, STEP_DO, "nvme", "");
	struct step named = make(STEP_VGPU_TYPE, STEP_DO, "0", "L4-1Q");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step s = make(STEP_METHODS, STEP_DO, "", rows[i].want);
		struct step_write write = {.seen = rows[i].seen};

		assert_true(step_ops(&s)->write(&s, &write));
		assert_string_equal(write.value, rows[i].value);
	}
	w.seen = "0 557 557 (NVIDIA L4-1Q)";
	assert_true(step_ops(&named)->write(&named, &w));
	assert_string_equal(w.value, "557");
	w.seen = "other";
	assert_true(step_ops(&evict)->write(&evict, &w));
	assert_string_equal(w.path, DRIVERS "other/unbind");
	w.seen = "../other";
	assert_false(step_ops(&evict)->write(&evict, &w));
}

static void what_a_journal_may_say(void **state)
{
	static const struct {
		enum step_kind kind;
		const char *found, *want;
		bool valid, undoes;
	} rows[] = {
		{STEP_UNBIND, "nvme", "", true, true},
		{STEP_UNBIND, "../x", "", false, true},
		{STEP_RESET, "", "", true, false},
		{STEP_MODULE, "", "vfio-pci", true, false},
		{STEP_KEEP, "auto", "power", true, true},
		{STEP_KEEP, "flr bus", "reset_method", true, true},
		{STEP_POWER, "auto", "on", true, true},
		{STEP_POWER, "auto", "off", false, true},
		{STEP_D3COLD, "1", "0", true, true},
		{STEP_D3COLD, "2", "0", false, true},
		{STEP_REMOVE, IDENTITY, "", true, true},
		{STEP_REMOVE, "", "", false, true},
		{STEP_RESCAN, IDENTITY, "", true, false},
		{STEP_EVICT, "nvme", "", true, false},
		{STEP_BAR, "0:8", "0:9", true, true},
		{STEP_BAR, "0:8", "1:9", false, true},
		{STEP_BAR, "6:8", "6:9", false, true},
		{STEP_BAR, "0:8", "0:24", false, true},
		{STEP_REPROBE, "pm bus", "default", true, true},
		{STEP_REPROBE, "pm\nbus", "default", false, true},
		{STEP_METHODS, "", "pm bus", true, false},
		{STEP_METHODS, "", "pm nonsense", false, false},
		{STEP_VFS_ATTRIBUTE, "3 p/x 0", "3 p/x 20", true, true},
		{STEP_VFS_ATTRIBUTE, "3 p/../x 0", "3 p/../x 20", false, true},
		{STEP_NVME, "3 nvme offline:0:0", "3 nvme online:2:1", true, true},
		{STEP_NVME, "", "3 nvme online:2:1", false, false},
		{STEP_NVME, "2 nvme offline:0:0", "3 nvme online:2:1", false, true},
		{STEP_NVME, "3 nvme offline:0", "3 nvme online:2:1", false, true},
		{STEP_NVME, "3 nvme offline:0:0", "3 mac online:2:1", false, true},
		{STEP_VGPU_TYPE, "0", "557", true, true},
		{STEP_VGPU_TYPE, "0", "NVIDIA L4-1Q", true, true},
		{STEP_VGPU_TYPE, "557", "0", true, true},
		{STEP_VGPU_TYPE, "", "557", false, true},
		{STEP_VGPU_TYPE, "x", "557", false, true},
		{STEP_VGPU_TYPE, "0", "", false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step s = make(rows[i].kind, STEP_DO, rows[i].found, rows[i].want);

		if (step_valid(&s) != rows[i].valid || step_undoes(&s) != rows[i].undoes)
			fail_msg("%s '%s' '%s'", step_ops(&s)->name, s.found, s.want);
	}
	assert_false(step_valid(&(struct step){.kind = STEP_KEEP, .want = "remove"}));
}

static void why_it_is_not_as_it_should_be(void **state)
{
	struct step methods = make(STEP_METHODS, STEP_DO, "", "flr bus");
	struct step rescan = make(STEP_RESCAN, STEP_DO, IDENTITY, "");
	struct step bind = make(STEP_BIND, STEP_DO, "", "vfio-pci");
	char buf[STEP_WORDS];

	(void)state;
	assert_contains(step_explain(&methods, "pm", false, buf),
			"flr bus does not work for it here; the kernel offers only: pm");
	assert_contains(step_explain(&methods, "", false, buf),
			"the kernel offers no method:");
	assert_contains(step_explain(&rescan, "", true, buf), "it has not come back");
	assert_contains(step_explain(&rescan, "1234:5678 group 1", true, buf),
			"another device is at its address now: '1234:5678 group 1'");
	assert_contains(step_explain(&bind, "nvme", true, buf), "(it shows 'nvme')");
	assert_contains(step_explain(&bind, "nvme", false, buf), "has changed since");
}

static void what_is_bound_stays_awake_for_its_reset(void **state)
{
	struct step step = {.kind = STEP_BIND, .bdf = {0, 1, 0, 0}, .want = "vfio-pci"};
	struct step_write write = {0};
	char path[CHILD_PATH];

	(void)state;
	assert_true(step_ops(&step)->write(&step, &write));
	assert_false(write.awake);
	step.awake = true;
	assert_true(step_ops(&step)->write(&step, &write));
	assert_true(write.awake);
	assert_string_equal(step_awake_path(&write, path), DEVICE "power/control");
	step.direction = STEP_UNDO;
	assert_true(step_ops(&step)->write(&step, &write));
	assert_false(write.awake);
}

/* What policy names must work; what a quirk knows keeps no machine from its start. */
static void no_reset_method_of_a_list_is_offered(void **state)
{
	static const struct {
		enum step_none none;
		const char *seen;
		enum step_verdict verdict;
		const char *value;
	} rows[] = {
		{STEP_NONE_FAILS, "pm", STEP_FOREIGN, NULL},
		{STEP_NONE_OFF, "pm", STEP_GO, "\n"},
		{STEP_NONE_OFF, "", STEP_REACHED, NULL},
		{STEP_NONE_OFF, "pm bus", STEP_GO, "bus"},
		{STEP_NONE_LEFT, "pm", STEP_REACHED, NULL},
		{STEP_NONE_LEFT, "pm bus", STEP_GO, "bus"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step step = make(STEP_METHODS, STEP_DO, "", "flr bus");
		struct step_write write = {.seen = rows[i].seen};

		step.none = rows[i].none;
		if (step_ops(&step)->judge(&step, rows[i].seen, false) != rows[i].verdict)
			fail_msg("row %zu", i);
		assert_true(step_ops(&step)->write(&step, &write));
		if (rows[i].value)
			assert_string_equal(write.value, rows[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_bound_stays_awake_for_its_reset),
		cmocka_unit_test(each_direction_has_its_one_write),
		cmocka_unit_test(the_table_is_complete),
		scratch_test(looks_answer_what_judges_expect),
		scratch_test(who_has_a_device_open_is_found),
		cmocka_unit_test(the_last_look_decides_what_is_written),
		cmocka_unit_test(what_a_journal_may_say),
		cmocka_unit_test(why_it_is_not_as_it_should_be),
		cmocka_unit_test(no_reset_method_of_a_list_is_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vGPU types of functions that keep their driver: the look, the choice, the gate, the
 * plan.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "host/vgpu-look.h"
#include "plan/gate.h"
#include "plan/plan.h"

#define VF    "/sys/bus/pci/devices/0000:41:00.4/"
#define LIST  "ID    : vGPU Name\n557   : NVIDIA L40S-1B\n558   : NVIDIA L40S-2B\n"
#define OFFER "557 (NVIDIA L40S-1B), 558 (NVIDIA L40S-2B)"

static const struct {
	const char *current, *list, *wanted;
	int result;
	const char *answer;
} looks[] = {
	{"0\n", LIST, "557", 0, "0 557 " OFFER},
	{"0\n", LIST, "NVIDIA L40S-2B", 0, "0 558 " OFFER},
	{"0\n", LIST, "L40S-2B", 0, "0 558 " OFFER},
	{"0\n", LIST, "2B", 0, "0 0 " OFFER},
	{"0\n", LIST, "vGPU Name", 0, "0 0 " OFFER}, /* the header is no type */
	{"0\n", LIST, "55", 0, "0 0 " OFFER},
	{"558\n", "", "558", 0, "558 0 "},
	{"558\n", NULL, "558", 0, "558 0 "},
	{"0\n", "ID : vGPU Name\n", "558", 0, "0 0 "},
	{"0", "  1428 :  NVIDIA: odd \r\n", "1428", 0, "0 1428 1428 (NVIDIA: odd)"},
	{"0\n", "no lines\n: x\n-1 : y\n99999999999 : z\n0 : w\n", "0", 0, "0 0 "},
	{"none\n", LIST, "557", -EBADMSG, ""},
	{"\n", LIST, "557", -EBADMSG, ""},
	{NULL, LIST, "557", 0, ""},
};

static void each_look_is_answered(void **state)
{
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		struct child_request request;
		struct child_reply reply = {0};

		scratch_mkdir(s, VF "nvidia");
		if (looks[i].current)
			scratch_put(s, VF "nvidia/current_vgpu_type", looks[i].current);
		else
			scratch_unlink(s, VF "nvidia/current_vgpu_type");
		if (looks[i].list)
			scratch_put(s, VF "nvidia/creatable_vgpu_types", looks[i].list);
		else
			scratch_unlink(s, VF "nvidia/creatable_vgpu_types");
		look_request(&request, LOOK_VGPU, "/sys/bus/pci/devices/0000:41:00.4");
		(void)strcpy(request.value, looks[i].wanted);
		look_handle(&s->root, &request, &reply);
		assert_int_equal(reply.result, looks[i].result);
		assert_string_equal(reply.value, looks[i].answer);
	}
}

static void a_long_list_is_cut_and_all_of_it_searched(void **state)
{
	struct scratch *s = *state;
	struct child_reply reply = {0};
	struct child_request request;
	char text[4096] = "";
	struct vgpu vgpu;
	size_t at = 0;

	for (int i = 0; i < 60; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%d : NVIDIA RTX Pro 6000 Blackwell DC-%dQ\n",
				       1000 + i, i);
	scratch_put(s, VF "nvidia/current_vgpu_type", "0\n");
	scratch_put(s, VF "nvidia/creatable_vgpu_types", text);
	look_request(&request, LOOK_VGPU, "/sys/bus/pci/devices/0000:41:00.4");
	(void)strcpy(request.value, "RTX Pro 6000 Blackwell DC-59Q");
	look_handle(&s->root, &request, &reply);
	assert_true(vgpu_read(reply.value, &vgpu));
	assert_int_equal(vgpu.id, 1059);
	assert_string_equal(vgpu.offers + strlen(vgpu.offers) - 4, " ...");
}

static void its_like_know_the_number_of_a_name(void **state)
{
	static const struct {
		const char *wanted, *answer;
	} rows[] = {
		{"L40S-2B", "557 558 "}, {"NVIDIA L40S-1B", "557 557 "},
		{"L40S-9B", "557 0 "},	 {"558", "557 0 "}, /* a number needs no name */
		{"", "557 0 "},
	};
	struct scratch *s = *state;

	scratch_put(s, VF "nvidia/current_vgpu_type", "557\n");
	scratch_put(s, VF "nvidia/creatable_vgpu_types", "");
	scratch_put(s, VF "../0000:41:00.5/nvidia/creatable_vgpu_types", LIST);
	scratch_link(s, "../0000:41:00.0", VF "physfn");
	scratch_mkdir(s, VF "../0000:41:00.0");
	scratch_link(s, "../0000:41:00.4", VF "../0000:41:00.0/virtfn0");
	scratch_link(s, "../0000:41:00.5", VF "../0000:41:00.0/virtfn1");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct child_request request;
		struct child_reply reply = {0};

		look_request(&request, LOOK_VGPU, "/sys/bus/pci/devices/0000:41:00.4");
		(void)strcpy(request.value, rows[i].wanted);
		look_handle(&s->root, &request, &reply);
		assert_string_equal(reply.value, rows[i].answer);
	}
}

static void what_is_no_answer(void **state)
{
	static const char *const bad[] = {"", "0", "x 0 ", "0 x ", "99999999999 0 "};
	struct vgpu vgpu;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(vgpu_read(bad[i], &vgpu));
	assert_true(vgpu_read("557 0 ", &vgpu));
	assert_int_equal(vgpu.type, 557);
	assert_string_equal(vgpu.offers, "");
}

static const struct {
	const char *file, *mdev;
	enum pick_kind kind;
	const char *type;
} picks[] = {
	{"/etc/pve/qemu-server/100.conf", "nvidia-557", PICK_NVIDIA, "557"},
	{"/etc/pve/nodes/a/qemu-server/100.conf", "L40S-1B", PICK_MDEV, ""},
	{"/etc/pve/hostpci/vm/100.conf", "L40S-1B", PICK_NVIDIA, "L40S-1B"},
	{"/etc/hostpci/qemu-server/100.conf", "nvidia-557", PICK_NVIDIA, "557"},
	{"/etc/hostpci/vm/100.conf", "NVIDIA L40S-1B", PICK_NVIDIA, "NVIDIA L40S-1B"},
	{"/etc/pve/qemu-server/100.conf", "nvidia-0", PICK_DEVICE, "0"},
};

static void a_name_is_for_lines_of_our_own(void **state)
{
	struct scratch *s = *state;
	struct spec spec = {.vmid = 100};
	struct wish *wish = &spec.slot[0].wish;
	struct err err;

	scratch_put(s, VF "nvidia/current_vgpu_type", "0\n");
	spec.slot[0].present = true;
	assert_int_equal(
		key_store_text(key_find("host", KEY_IN_DEVICE), "41:00.4", wish, &err),
		0);
	wish->set |= UINT64_C(1) << KEY_MDEV;
	for (size_t i = 0; i < ARRAY_SIZE(picks); i++) {
		struct pick pick[LIMIT_SLOTS] = {0};
		struct absent absent[LIMIT_SLOTS * LIMIT_ADDRESSES];
		struct choice choice = {.pick = pick, .absent = absent};

		(void)strcpy(spec.slot[0].file, picks[i].file);
		(void)strcpy(wish->mdev, picks[i].mdev);
		assert_int_equal(choose(&s->root, &spec, NULL, 0, &choice, &err), 0);
		assert_int_equal(pick[0].kind, picks[i].kind);
		assert_string_equal(pick[0].type, picks[i].type);
	}
}

static const struct {
	const char *wanted;
	bool has;
	struct vgpu vgpu;
	int grade;	   /* of the finding, -1: none */
	const char *why;   /* part of it */
	const char *steps; /* "found>want ..." */
} cases[] = {
	{"557", true, {0, 557, OFFER}, -1, "", "0>557"},
	{"L40S-1B", true, {0, 557, OFFER}, -1, "", "0>557"},
	{"557", true, {557, 0, ""}, -1, "", ""},
	{"558", true, {557, 0, ""}, GRADE_TELL, "has vGPU type 557", "557>0 0>558"},
	{"L40S-2B", true, {557, 558, ""}, GRADE_TELL, "freed first", "557>0 0>558"},
	{"L40S-1B", true, {557, 557, ""}, -1, "", ""},
	{"L40S-9B", true, {557, 0, ""}, GRADE_NEVER, "what number 'L40S-9B' has", NULL},
	{"559", true, {0, 0, OFFER}, GRADE_NEVER, "it offers 557 (", NULL},
	{"559", true, {0, 0, ""}, GRADE_NEVER, "no room", NULL},
	{"557", false, {0}, GRADE_NEVER, "has no vGPU types", NULL},
};

static void tell(const struct plan *plan, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < plan->steps; i++) {
		assert_int_equal(plan->step[i].kind, STEP_VGPU_TYPE);
		at += (size_t)snprintf(buf + at, size - at, "%s%s>%s", at ? " " : "",
				       plan->step[i].found, plan->step[i].want);
	}
}

static void the_gate_and_the_plan_agree(void **state)
{
	struct facts *facts = facts_new();
	struct spec spec = {.vmid = 100};
	struct fact *fact;

	(void)state;
	assert_non_null(facts);
	facts->iommu = true; /* and no vfio-pci, which is not needed */
	facts->n = 1;
	fact = &facts->fact[0];
	fact->device = (struct device){.bdf = {0, 0x41, 0, 4}, .group = 31};
	fact->wanted = true;
	/* A reset, a return and power are nothing to it. */
	spec.vm.set = UINT64_C(1) << KEY_RESET | UINT64_C(1) << KEY_RETURN;
	spec.vm.reset.wanted = true;
	spec.vm.return_to = WISH_RETURN_VFIO;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings found = {0};
		struct notes notes = {0};
		struct plan plan;
		struct err err;
		char steps[128];

		(void)strcpy(fact->vgpu_type, cases[i].wanted);
		fact->vgpu = cases[i].vgpu;
		fact->has_vgpu = cases[i].has;
		gate_check(&spec, facts, &found);
		assert_int_equal(found.n, cases[i].grade >= 0);
		if (found.n) {
			assert_int_equal(found.item[0].grade, cases[i].grade);
			assert_contains(found.item[0].why, cases[i].why);
		}
		assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
		tell(&plan, steps, sizeof(steps));
		if (cases[i].steps)
			assert_string_equal(steps, cases[i].steps);
		assert_int_equal(plan.hold[0].return_to, WISH_RETURN_HOST);
		plan_free(&plan);
		notes_free(&notes);
		findings_free(&found);
	}
	facts_free(facts);
}

static void attributes_follow_the_type(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} table[] = {
		{"nvidia/vgpu_params=frame_rate_limiter=0", true},
		{"nvidia/current_vgpu_type=558", false},
		{"driver_override=vfio-pci", false},
		{"numa_node=1", false},
	};
	struct facts *facts = facts_new();
	struct spec spec = {.vmid = 100};
	struct wish *wish = &spec.slot[0].wish;

	(void)state;
	assert_non_null(facts);
	facts->n = 1;
	facts->fact[0] = (struct fact){.device = {.bdf = {0, 0x41, 0, 4}, .group = 31},
				       .vgpu_type = "557",
				       .vgpu = {0, 557, OFFER},
				       .has_vgpu = true,
				       .wanted = true};
	wish->set = UINT64_C(1) << KEY_MDEV_ATTRIBUTES;
	wish->mdev_attributes.n = 1;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct notes notes = {0};
		struct plan plan = {0};
		struct err err;

		(void)strcpy(wish->mdev_attributes.text, table[i].text);
		assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err),
				 table[i].valid ? 0 : -EINVAL);
		if (table[i].valid) {
			struct step_write write = {0};

			assert_int_equal(plan.steps, 2);
			assert_true(step_valid(&plan.step[1]));
			assert_true(
				step_ops(&plan.step[1])->write(&plan.step[1], &write));
			assert_string_equal(write.path, VF "nvidia/vgpu_params");
			assert_string_equal(write.value, "frame_rate_limiter=0");
		} else {
			assert_contains(err.msg, table[i].text);
		}
		plan_free(&plan);
		notes_free(&notes);
	}
	facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(each_look_is_answered),
		scratch_test(its_like_know_the_number_of_a_name),
		scratch_test(a_long_list_is_cut_and_all_of_it_searched),
		cmocka_unit_test(what_is_no_answer),
		scratch_test(a_name_is_for_lines_of_our_own),
		cmocka_unit_test(the_gate_and_the_plan_agree),
		cmocka_unit_test(attributes_follow_the_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

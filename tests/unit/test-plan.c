/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_build as tables: from what is there to what is wanted. */
#include "unit.h"

#include <string.h>

#include "plan/plan.h"

/* One device as it is found, and the steps that it should get, in order. */
struct row {
	const char *name;
	const char *driver, *override;
	bool on_vfio, bridge, keep, sibling, reset;
	const char *steps; /* "unbind:igb override:vfio-pci bind:vfio-pci" */
};

static const struct row rows[] = {
	{"driver bound", "igb", "",
	 .steps = "unbind:igb override:>vfio-pci bind:vfio-pci"},
	{"no driver", "", "", .steps = "override:>vfio-pci bind:vfio-pci"},
	{"override is there", "", "vfio-pci", .steps = "bind:vfio-pci"},
	{"another override", "igb", "igb",
	 .steps = "unbind:igb override:igb>vfio-pci bind:vfio-pci"},
	{"on vfio already", "vfio-pci", "", .on_vfio = true, .steps = ""},
	{"on a variant driver", "mlx5_vfio_pci", "", .on_vfio = true, .steps = ""},
	{"driver=keep", "igb", "", .keep = true, .steps = ""},
	{"sibling", "snd_hda_intel", "", .sibling = true,
	 .steps = "unbind:snd_hda_intel override:>vfio-pci bind:vfio-pci"},
	{"bridge", "pcieport", "", .bridge = true, .sibling = true, .steps = ""},
	{"reset", "", "vfio-pci", .reset = true, .steps = "bind:vfio-pci reset"},
	{"reset on vfio", "vfio-pci", "", .on_vfio = true, .reset = true,
	 .steps = "reset"},
	{"no reset of a sibling", "igb", "", .sibling = true, .reset = true,
	 .steps = "unbind:igb override:>vfio-pci bind:vfio-pci"},
};

static void add(struct facts *facts, const struct row *row, struct bdf bdf, int group)
{
	struct fact *fact = &facts->fact[facts->n++];

	fact->device = (struct device){
		.bdf = bdf,
		.group = group,
		.bridge = row->bridge,
		.on_vfio = row->on_vfio,
		.class_code = 0x020000,
	};
	(void)strcpy(fact->device.driver, row->driver);
	(void)strcpy(fact->device.override, row->override);
	fact->wanted = !row->sibling;
}

static struct facts *new_facts(void)
{
	struct facts *facts = calloc(1, sizeof(*facts));

	assert_non_null(facts);
	facts->iommu = facts->driver_ready = true;
	return facts;
}

static void wish_of(struct spec *spec, const struct row *row)
{
	*spec = (struct spec){.vmid = 100};
	spec->slot[0].present = true;
	if (row->keep) {
		spec->slot[0].wish.set = UINT64_C(1) << KEY_DRIVER;
		spec->slot[0].wish.driver = WISH_DRIVER_KEEP;
	}
	if (row->reset) {
		spec->vm.set = UINT64_C(1) << KEY_RESET;
		spec->vm.reset.wanted = true;
	}
}

static void tell(const struct plan *plan, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < plan->steps; i++) {
		const struct step *s = &plan->step[i];

		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? " " : "",
				       step_ops(s)->name);
		if (s->kind == STEP_OVERRIDE)
			at += (size_t)snprintf(buf + at, size - at, ":%s>%s", s->found,
					       s->want);
		else if (s->found[0] || s->want[0])
			at += (size_t)snprintf(buf + at, size - at, ":%s%s", s->found,
					       s->want);
	}
}

static struct plan build(const struct spec *spec, const struct facts *facts)
{
	struct notes notes = {0};
	struct plan plan;
	struct err err;

	assert_int_equal(plan_build(spec, facts, &plan, &notes, &err), 0);
	notes_free(&notes);
	return plan;
}

static void each_state_gets_its_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts *facts = new_facts();
		struct spec spec;
		struct plan plan;
		char got[400];

		wish_of(&spec, &rows[i]);
		add(facts, &rows[i], (struct bdf){0, 1, 0, 0}, 7);
		plan = build(&spec, facts);
		tell(&plan, got, sizeof(got));
		if (strcmp(got, rows[i].steps) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].name, got, rows[i].steps);
		assert_int_equal(plan.holds, rows[i].bridge ? 0 : 1);
		for (size_t s = 0; s < plan.steps; s++) {
			assert_int_equal(plan.step[s].lane, 7);
			assert_int_equal(plan.step[s].direction, STEP_DO);
			assert_true(plan.step[s].deadline_ms > 0);
		}
		plan_free(&plan);
		facts_free(facts);
	}
}

static void the_module_comes_first_and_once(void **state)
{
	struct facts *facts = new_facts();
	struct spec spec;
	struct plan plan;
	char got[400];

	(void)state;
	wish_of(&spec, &rows[1]);
	add(facts, &rows[1], (struct bdf){0, 1, 0, 0}, 7);
	add(facts, &rows[1], (struct bdf){0, 2, 0, 0}, 8);
	facts->driver_ready = false;
	plan = build(&spec, facts);
	tell(&plan, got, sizeof(got));
	assert_string_equal(got, "module:vfio-pci override:>vfio-pci bind:vfio-pci "
				 "override:>vfio-pci bind:vfio-pci");
	assert_int_equal(plan.step[0].stage, STAGE_MODULES);
	assert_int_equal(plan.step[0].lane, -1);
	assert_true(plan.step[1].stage > plan.step[0].stage);
	plan_free(&plan);
	facts_free(facts);
}

static void no_module_where_nothing_is_bound(void **state)
{
	static const size_t none[] = {4, 6, 8}; /* on vfio, keep, bridge */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct facts *facts = new_facts();
		struct spec spec;
		struct plan plan;

		wish_of(&spec, &rows[none[i]]);
		add(facts, &rows[none[i]], (struct bdf){0, 1, 0, 0}, 7);
		facts->driver_ready = false;
		plan = build(&spec, facts);
		assert_int_equal(plan.steps, 0);
		plan_free(&plan);
		facts_free(facts);
	}
}

static void groups_are_lanes_and_resets_come_after_all_binds(void **state)
{
	struct facts *facts = new_facts();
	struct spec spec;
	struct plan plan;

	(void)state;
	wish_of(&spec, &rows[9]);
	add(facts, &rows[9], (struct bdf){0, 1, 0, 0}, 7);
	add(facts, &rows[9], (struct bdf){0, 1, 0, 1}, 7);
	add(facts, &rows[9], (struct bdf){0, 2, 0, 0}, 8);
	plan = build(&spec, facts);
	assert_int_equal(plan.steps, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(plan.step[i].kind, i < 3 ? STEP_BIND : STEP_RESET);
		assert_int_equal(plan.step[i].stage,
				 i < 3 ? STAGE_DRIVERS : STAGE_RESETS);
		assert_int_equal(plan.step[i].lane, plan.step[i].bdf.bus == 1 ? 7 : 8);
	}
	plan_free(&plan);
	facts_free(facts);
}

static void storage_stays_unless_policy_says(void **state)
{
	static const struct {
		uint32_t class_code;
		int policy; /* -1: none */
		int want;
	} table[] = {
		{0x020000, -1, WISH_RETURN_HOST},
		{0x030000, WISH_RETURN_VFIO, WISH_RETURN_VFIO},
		{0x010802, -1, WISH_RETURN_VFIO},
		{0x010601, -1, WISH_RETURN_VFIO},
		{0x010700, -1, WISH_RETURN_VFIO},
		{0x010802, WISH_RETURN_HOST, WISH_RETURN_HOST},
		{0x010802, WISH_RETURN_NONE, WISH_RETURN_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct facts *facts = new_facts();
		struct spec spec;
		struct plan plan;

		wish_of(&spec, &rows[0]);
		if (table[i].policy >= 0) {
			spec.vm.set = UINT64_C(1) << KEY_RETURN;
			spec.vm.return_to = table[i].policy;
		}
		add(facts, &rows[0], (struct bdf){0, 1, 0, 0}, 7);
		facts->fact[0].device.class_code = table[i].class_code;
		plan = build(&spec, facts);
		assert_int_equal(plan.hold[0].return_to, table[i].want);
		assert_int_equal(plan.hold[0].storage, table[i].class_code >> 16 == 1);
		plan_free(&plan);
		facts_free(facts);
	}
}

static void deadlines_are_by_step_and_driver_and_policy(void **state)
{
	struct facts *facts = new_facts();
	struct row slow = rows[0];
	struct spec spec;
	struct plan plan;

	(void)state;
	slow.driver = "nvme";
	wish_of(&spec, &slow);
	add(facts, &slow, (struct bdf){0, 1, 0, 0}, 7);
	plan = build(&spec, facts);
	assert_int_equal(plan.step[0].deadline_ms, step_deadline_ms(STEP_UNBIND, "nvme"));
	assert_true(plan.step[0].deadline_ms > step_deadline_ms(STEP_UNBIND, "igb"));
	plan_free(&plan);
	spec.vm.set = UINT64_C(1) << KEY_DEADLINE;
	spec.vm.deadline = 3;
	plan = build(&spec, facts);
	for (size_t i = 0; i < plan.steps; i++)
		assert_int_equal(plan.step[i].deadline_ms, 3000);
	plan_free(&plan);
	facts_free(facts);
}

static void what_proxmox_does_itself_is_said(void **state)
{
	struct facts *facts = new_facts();
	struct spec spec = {.vmid = 100};
	struct notes notes = {0};
	struct plan plan;
	struct err err;

	(void)state;
	spec.slot[3] = (struct slot){.present = true, .file = "100.conf", .line = 4};
	spec.slot[3].wish.set = UINT64_C(1) << KEY_MDEV;
	(void)strcpy(spec.slot[3].wish.mdev, "x-63");
	facts->pick[3].kind = PICK_MDEV;
	facts->mdev[3].left = true;
	assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
	assert_int_equal(notes.n, 1);
	assert_string_equal(notes.text[0],
			    "100.conf:4: hostpci3: mdev=x-63 is left to Proxmox");
	notes_free(&notes);
	plan_free(&plan);
	facts_free(facts);
}

/* Each parent that may have room, in one lane; then what is to be set. */
static void parents_of_mediated_devices_are_tried_in_turn(void **state)
{
	static const struct mdev_parent parents[] = {
		{.name = "a", .type = "x-1", .available = 0, .group = 1},
		{.name = "b", .type = "x-1", .available = 2, .group = 2},
		{.name = "c", .offers = true, .group = 3},
		{.name = "d", .type = "x-2", .available = -1, .group = 4},
	};
	struct facts *facts = new_facts();
	struct spec spec = {.vmid = 100};
	struct mdev_fact *fact = &facts->mdev[2];
	struct notes notes = {0};
	struct plan plan;
	struct err err;

	(void)state;
	spec.slot[2].wish.set = UINT64_C(1) << KEY_MDEV_ATTRIBUTES;
	spec.slot[2].wish.mdev_attributes.n = 1;
	(void)strcpy(spec.slot[2].wish.mdev_attributes.text, "y=1");
	fact->wanted = true;
	fact->uuid = mdev_fact_uuid(&spec, 2);
	fact->n = ARRAY_SIZE(parents);
	memcpy(fact->parent, parents, sizeof(parents));
	assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
	assert_int_equal(plan.holds, 1);
	assert_string_equal(plan.hold[0].mdev.text,
			    "00000002-0000-0000-0000-000000000100");
	assert_int_equal(plan.steps, 3);
	assert_string_equal(plan.step[0].found, "b");
	assert_string_equal(plan.step[1].found, "d");
	assert_string_equal(plan.step[1].want, "x-2");
	assert_true(plan.step[0].spare && !plan.step[1].spare);
	assert_int_equal(plan.step[2].kind, STEP_MDEV_ATTRIBUTE);
	assert_int_equal(plan.step[1].lane, plan.step[0].lane);
	assert_int_equal(plan.step[2].lane, plan.step[0].lane);
	plan_free(&plan);
	/* What is there already is used. */
	fact->seen = (struct mdev_seen){.there = true, .type = "x-2", .parent = "d"};
	assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
	assert_int_equal(plan.steps, 1);
	assert_int_equal(notes.n, 1);
	plan_free(&plan);
	/* Not so what somebody has open: the gate refuses that. */
	(void)strcpy(fact->who, "qemu");
	assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
	assert_int_equal(plan.steps, 1);
	assert_int_equal(notes.n, 1);
	notes_free(&notes);
	plan_free(&plan);
	facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_gets_its_steps),
		cmocka_unit_test(the_module_comes_first_and_once),
		cmocka_unit_test(no_module_where_nothing_is_bound),
		cmocka_unit_test(groups_are_lanes_and_resets_come_after_all_binds),
		cmocka_unit_test(storage_stays_unless_policy_says),
		cmocka_unit_test(deadlines_are_by_step_and_driver_and_policy),
		cmocka_unit_test(what_proxmox_does_itself_is_said),
		cmocka_unit_test(parents_of_mediated_devices_are_tried_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

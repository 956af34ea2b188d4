/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings that Proxmox does not start a machine for: as rules, and as the gate says it.
 */
#include "unit.h"

#include <string.h>

#include "plan/gate.h"
#include "plan/qemu-conflict.h"

struct scene {
	struct spec spec;
	struct facts *facts;
	unsigned slot;
};

static void set(struct scene *s, unsigned slot, enum key_id id)
{
	s->spec.slot[slot].present = true;
	s->spec.slot[slot].wish.set |= UINT64_C(1) << id;
	s->facts->pick[slot].kind = PICK_DEVICE;
	s->facts->pick[slot].n = 1;
	s->facts->pick[slot].alternatives = 1;
	s->facts->pick[slot].bdf[0] = (struct bdf){0, 0, 2, 0};
}

static void igd(struct scene *s)
{
	set(s, 0, KEY_LEGACY_IGD);
	s->spec.slot[0].wish.legacy_igd = true;
	s->spec.machine.vga_none = true;
}

static void igd_off(struct scene *s)
{
	igd(s);
	s->spec.slot[0].wish.legacy_igd = false;
	s->spec.machine.vga_none = false;
}

static void igd_with_display(struct scene *s)
{
	igd(s);
	s->spec.machine.vga_none = false;
}

static void igd_without_rom(struct scene *s)
{
	igd(s);
	set(s, 0, KEY_ROMBAR);
}

static void igd_with_rom(struct scene *s)
{
	igd_without_rom(s);
	s->spec.slot[0].wish.rombar = true;
}

static void igd_and_x_vga(struct scene *s)
{
	igd(s);
	set(s, 0, KEY_X_VGA);
	s->spec.slot[0].wish.x_vga = true;
}

static void igd_mdev(struct scene *s)
{
	igd(s);
	s->facts->pick[0].kind = PICK_MDEV;
}

static void igd_q35(struct scene *s)
{
	igd(s);
	(void)strcpy(s->spec.machine.type, "pc-q35-9.0");
}

static void igd_choice(struct scene *s)
{
	igd(s);
	s->facts->pick[0].alternatives = 2;
}

static void igd_two_functions(struct scene *s)
{
	igd(s);
	s->facts->pick[0].n = 2;
}

static void igd_elsewhere(struct scene *s)
{
	igd(s);
	s->facts->pick[0].bdf[0] = (struct bdf){0, 1, 0, 0};
}

static void igd_twice(struct scene *s)
{
	igd(s);
	set(s, 7, KEY_LEGACY_IGD);
	s->spec.slot[7].wish.legacy_igd = true;
	s->slot = 7;
}

static void pcie(struct scene *s)
{
	set(s, 0, KEY_PCIE);
	s->spec.slot[0].wish.pcie = true;
}

static void pcie_q35(struct scene *s)
{
	pcie(s);
	(void)strcpy(s->spec.machine.type, "q35");
}

static void pcie_off(struct scene *s)
{
	set(s, 0, KEY_PCIE);
}

static const struct {
	void (*make)(struct scene *);
	const char *why; /* NULL: nothing contradicts */
} rows[] = {
	{igd, NULL},
	{igd_off, NULL},
	{igd_with_rom, NULL},
	{pcie_q35, NULL},
	{pcie_off, NULL},
	{pcie, "pcie=1, which needs machine: q35 (it is 'pc')"},
	{igd_with_display, "without the line 'vga: none'"},
	{igd_without_rom, "needs the ROM"},
	{igd_and_x_vga, "x-vga=1"},
	{igd_mdev, "mdev="},
	{igd_q35, "needs i440fx"},
	{igd_choice, "leaves a choice"},
	{igd_two_functions, "more than one function"},
	{igd_elsewhere, "not xx:02.0"},
	{igd_twice, "beside another"},
};

static void check(size_t i, bool with_config)
{
	struct scene s = {.spec = {.vmid = 100, .have_config = with_config},
			  .facts = facts_new()};
	struct findings found = {0};
	struct qemu_conflict conflict;

	assert_non_null(s.facts);
	rows[i].make(&s);
	s.spec.slot[s.slot].line = 4;
	(void)strcpy(s.spec.slot[s.slot].file, "100.conf");
	if (qemu_conflict(&s.spec, s.facts, s.slot, &conflict) != (rows[i].why != NULL))
		fail_msg("row %zu", i);
	gate_check(&s.spec, s.facts, &found);
	assert_int_equal(found.n, rows[i].why && with_config);
	if (rows[i].why) {
		assert_contains(conflict.why, rows[i].why);
		assert_true(conflict.cure[0]);
	}
	if (found.n) {
		assert_int_equal(found.item[0].grade, GRADE_NEVER);
		assert_contains(found.item[0].why, rows[i].why);
		assert_contains(found.item[0].why, "100.conf:4: hostpci");
	}
	findings_free(&found);
	facts_free(s.facts);
}

static void each_conflict_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(i, true);
}

/* Without a VM config nobody knows what machine is going to be made. */
static void the_gate_judges_proxmox_machines_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(i, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_conflict_is_found),
		cmocka_unit_test(the_gate_judges_proxmox_machines_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

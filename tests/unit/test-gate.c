/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate as a table: one trouble a row, its grade, and words for it. */
#include "unit.h"

#include <string.h>

#include "plan/gate.h"

struct scene {
	struct spec spec;
	struct facts *facts;
	struct fact *nic; /* hostpci0, 0000:02:00.0, idle on igb, alone in group 12 */
};

static struct fact *add(struct scene *s, struct bdf bdf, int group, const char *driver,
			bool wanted)
{
	struct fact *fact = &s->facts->fact[s->facts->n++];

	fact->device =
		(struct device){.bdf = bdf, .group = group, .class_code = 0x020000};
	(void)strcpy(fact->device.driver, driver);
	fact->wanted = wanted;
	return fact;
}

static struct scene scene(void)
{
	struct scene s = {.spec = {.vmid = 100},
			  .facts = calloc(1, sizeof(struct facts))};

	assert_non_null(s.facts);
	s.facts->iommu = s.facts->driver_ready = true;
	s.spec.slot[0] = (struct slot){.present = true, .file = "100.conf", .line = 3};
	s.nic = add(&s, (struct bdf){0, 2, 0, 0}, 12, "igb", true);
	return s;
}

static void absent(struct scene *s)
{
	s->facts->n = 0;
	s->facts->absent[s->facts->absents++] = (struct absent){0, "0000:77:00.0"};
}

static void no_iommu(struct scene *s)
{
	s->facts->iommu = false;
}

static void no_group(struct scene *s)
{
	s->nic->device.group = -1;
}

static void bridge(struct scene *s)
{
	s->nic->device.bridge = true;
}

static void host_bridge(struct scene *s)
{
	s->nic->device.class_code = 0x060000;
}

static void isa_bridge_in_group(struct scene *s)
{
	struct fact *fact = add(s, (struct bdf){0, 2, 0, 1}, 12, "", false);

	fact->device.class_code = 0x060100;
}

static void bridge_in_group(struct scene *s)
{
	add(s, (struct bdf){0, 0, 0x1c, 0}, 12, "pcieport", false)->device.bridge = true;
}

static void claim(struct scene *s, bool parked)
{
	s->facts->claim = calloc(1, sizeof(struct claim));
	assert_non_null(s->facts->claim);
	s->facts->claim[s->facts->claims++] =
		(struct claim){.bdf = s->nic->device.bdf, .vmid = 101, .parked = parked};
}

static void claimed(struct scene *s)
{
	claim(s, false);
}

static void reserved(struct scene *s)
{
	claim(s, false);
	s->facts->claim[0].kind = CLAIM_RESERVED;
}

static void running(struct scene *s)
{
	claim(s, false);
	s->facts->claim[0].kind = CLAIM_RUNNING;
}

static void parked(struct scene *s)
{
	claim(s, true);
}

static struct holding *hold(struct scene *s, enum grade grade)
{
	struct holding *h = holdings_add(&s->facts->holdings, &s->nic->device.bdf, grade);

	assert_non_null(h);
	(void)strcpy(h->what, "/dev/sda1");
	(void)strcpy(h->why, "is mounted on /srv");
	(void)strcpy(h->cure, "umount /srv");
	return h;
}

static void held(struct scene *s)
{
	(void)hold(s, GRADE_NEVER);
}

static void held_for_ask(struct scene *s)
{
	(void)hold(s, GRADE_ASK);
}

static void held_for_tell(struct scene *s)
{
	struct holding *h = hold(s, GRADE_TELL);

	h->what[0] = '\0'; /* then it is the device */
	(void)strcpy(h->why, "is the firmware's graphics card");
}

static void allow(struct scene *s)
{
	struct wish *wish = &s->spec.slot[0].wish;

	wish->set |= UINT64_C(1) << KEY_ALLOW;
	wish->allow.n = 1;
	(void)strcpy(wish->allow.item[0].text, "0000:02:00.0");
}

static void held_for_ask_allowed(struct scene *s)
{
	held_for_ask(s);
	allow(s);
}

static void held_for_ask_warned(struct scene *s)
{
	held_for_ask(s);
	s->spec.vm.set |= UINT64_C(1) << KEY_GATE;
	s->spec.vm.gate = WISH_GATE_WARN;
}

static void held_allowed(struct scene *s)
{
	held(s);
	allow(s);
}

static void held_warned(struct scene *s)
{
	held_for_ask_warned(s);
	s->facts->holdings.item[0].grade = GRADE_NEVER;
}

/* On vfio, who uses the host's drivers is not looked for: who drives it by vfio is. */
static void held_on_vfio(struct scene *s)
{
	held(s);
	s->nic->device.on_vfio = true;
}

static void denied(struct scene *s)
{
	s->nic->device.vendor = 0x8086;
	s->nic->device.product = 0x37c8;
	s->facts->denylist = DENYLIST_ON;
}

static void denied_unless_told(struct scene *s)
{
	denied(s);
	s->facts->denylist = DENYLIST_UNKNOWN;
}

static void denylist_off(struct scene *s)
{
	denied(s);
	s->facts->denylist = DENYLIST_OFF;
}

static void denied_on_vfio(struct scene *s)
{
	denied(s);
	s->nic->device.on_vfio = true;
}

static void direct(struct scene *s)
{
	(void)strcpy(s->nic->direct, "0x8d800000 0x8dffffff");
}

static void override_split(struct scene *s)
{
	s->facts->acs_override = true;
}

static void locked(struct scene *s)
{
	s->nic->device.locked = true;
}

static void has_vfs(struct scene *s)
{
	s->nic->device.vfs = 4;
}

static void same_card(struct scene *s)
{
	add(s, (struct bdf){0, 2, 0, 1}, 12, "igb", false);
}

static void other_card(struct scene *s)
{
	add(s, (struct bdf){0, 5, 0, 0}, 12, "xhci_hcd", false);
}

static void other_card_allowed(struct scene *s)
{
	other_card(s);
	s->spec.vm.set |= UINT64_C(1) << KEY_GATE;
	s->spec.vm.gate = WISH_GATE_WARN;
}

static void other_card_idle(struct scene *s)
{
	add(s, (struct bdf){0, 5, 0, 0}, 12, "", false);
}

static void sibling_held(struct scene *s)
{
	struct fact *fact = add(s, (struct bdf){0, 2, 0, 1}, 12, "", false);

	held(s);
	s->facts->holdings.item[0].bdf = fact->device.bdf;
}

static void kept(struct scene *s)
{
	s->spec.slot[0].wish.set |= UINT64_C(1) << KEY_DRIVER;
	s->spec.slot[0].wish.driver = WISH_DRIVER_KEEP;
}

static void kept_on_vfio(struct scene *s)
{
	kept(s);
	s->nic->device.on_vfio = true;
}

static void fine(struct scene *s)
{
	(void)s;
}

static const struct {
	void (*make)(struct scene *);
	int grade; /* -1: nothing is found */
	const char *what, *why;
} rows[] = {
	{fine, -1, NULL, NULL},
	{absent, GRADE_NEVER, "0000:77:00.0", "is no PCI device"},
	{no_iommu, GRADE_NEVER, "IOMMU", "is not at work"},
	{no_group, GRADE_NEVER, "0000:02:00.0", "in no IOMMU group"},
	{bridge, GRADE_NEVER, "0000:02:00.0", "is a bridge"},
	{host_bridge, GRADE_ASK, "0000:02:00.0", "to its processors and memory"},
	{isa_bridge_in_group, -1, NULL, NULL},
	{bridge_in_group, GRADE_TELL, "0000:00:1c.0", "stays with the host"},
	{claimed, GRADE_NEVER, "0000:02:00.0", "is held by VM 101"},
	{reserved, GRADE_NEVER, "0000:02:00.0",
	 "is reserved by VM 101, which is starting"},
	{running, GRADE_NEVER, "0000:02:00.0", "is in use by VM 101, which runs"},
	{parked, GRADE_NEVER, "0000:02:00.0", "is kept for VM 101"},
	{held, GRADE_NEVER, "/dev/sda1", "is mounted on /srv"},
	{held_on_vfio, GRADE_NEVER, "/dev/sda1", "is mounted on /srv"},
	{held_allowed, GRADE_NEVER, "/dev/sda1", "is mounted on /srv"},
	{held_warned, GRADE_NEVER, "/dev/sda1", "is mounted on /srv"},
	{held_for_ask, GRADE_ASK, "/dev/sda1", "is mounted on /srv"},
	{held_for_ask_allowed, GRADE_TELL, "/dev/sda1", "is mounted on /srv"},
	{held_for_ask_warned, GRADE_TELL, "/dev/sda1", "is mounted on /srv"},
	{held_for_tell, GRADE_TELL, "0000:02:00.0", "is the firmware's graphics card"},
	{denied, GRADE_NEVER, "0000:02:00.0", "vfio-pci's denylist"},
	{denied_unless_told, GRADE_TELL, "0000:02:00.0", "vfio-pci's denylist"},
	{denylist_off, -1, NULL, NULL},
	{denied_on_vfio, -1, NULL, NULL}, /* it was let in */
	{direct, GRADE_NEVER, "0000:02:00.0", "0x8d800000 0x8dffffff mapped for it"},
	{override_split, GRADE_TELL, "IOMMU groups", "pcie_acs_override"},
	{locked, GRADE_NEVER, "0000:02:00.0", "is locked in the kernel"},
	{has_vfs, GRADE_NEVER, "0000:02:00.0", "has 4 virtual functions"},
	{same_card, GRADE_TELL, "0000:02:00.1", "comes along and goes back"},
	{other_card, GRADE_ASK, "0000:05:00.0", "taken from the host"},
	{other_card_allowed, GRADE_TELL, "0000:05:00.0", "taken from the host"},
	{other_card_idle, -1, NULL, NULL},
	{sibling_held, GRADE_NEVER, "/dev/sda1", "is mounted on /srv"},
	{kept, GRADE_NEVER, "0000:02:00.0", "igb is no vfio driver"},
	{kept_on_vfio, -1, NULL, NULL},
};

static void each_trouble_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct findings found = {0};
		struct scene s = scene();

		rows[i].make(&s);
		gate_check(&s.spec, s.facts, &found);
		if (found.n != (rows[i].grade >= 0))
			fail_msg("row %zu: %zu findings", i, found.n);
		assert_int_equal(found.refused,
				 rows[i].grade >= 0 && rows[i].grade != GRADE_TELL);
		if (found.n) {
			const struct finding *f = &found.item[0];

			assert_int_equal(f->grade, rows[i].grade);
			assert_string_equal(f->what, rows[i].what);
			assert_contains(f->why, rows[i].why);
			/* What refuses says what to do. */
			assert_true(f->cure[0] || f->grade == GRADE_TELL);
			/* What the policy has answered needs nothing done. */
			assert_false(f->cure[0] && f->allowed);
		}
		findings_free(&found);
		facts_free(s.facts);
	}
}

static void all_are_told_at_once(void **state)
{
	struct findings found = {0};
	struct scene s = scene();

	(void)state;
	absent(&s);
	s.facts->n = 1;
	no_iommu(&s);
	held(&s);
	has_vfs(&s);
	claimed(&s);
	other_card(&s);
	gate_check(&s.spec, s.facts, &found);
	assert_int_equal(found.n, 6);
	findings_free(&found);
	facts_free(s.facts);
}

static void a_claim_names_the_machine(void **state)
{
	struct findings found = {0};
	struct scene s = scene();

	(void)state;
	parked(&s);
	gate_check(&s.spec, s.facts, &found);
	assert_string_equal(found.item[0].who, "VM 101");
	assert_string_equal(found.item[0].cure, "hostpci release 101");
	findings_free(&found);
	facts_free(s.facts);
}

static void who_is_just_going_is_marked(void **state)
{
	struct findings found = {0};
	struct scene s = scene();

	(void)state;
	hold(&s, GRADE_ASK)->passing = true;
	claimed(&s);
	s.facts->claim[0].passing = true;
	other_card(&s);
	gate_check(&s.spec, s.facts, &found);
	assert_int_equal(found.n, 3);
	assert_true(found.item[0].passing && found.item[0].held);
	assert_true(found.item[1].passing && found.item[1].held);
	/* What is asked for says how to allow it. */
	assert_contains(found.item[1].cure, "umount /srv; or");
	assert_contains(found.item[1].cure,
			"allow = [\"0000:02:00.0\"]; in /etc/hostpci/vm/100.conf");
	/* A sibling's driver stays until somebody acts. */
	assert_false(found.item[2].passing || found.item[2].held);
	findings_free(&found);
	facts_free(s.facts);
}

/* By its UUID, be it there yet or not, and wherever it is. */
static void a_mediated_device_is_claimed_too(void **state)
{
	static const struct uuid uuid = {"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"};
	struct findings found = {0};
	struct scene s = scene();

	(void)state;
	s.facts->n = 0;
	claim(&s, false);
	s.facts->claim[0].bdf = (struct bdf){0, 9, 0, 0};
	s.facts->claim[0].mdev = uuid;
	s.facts->mdev[0] = (struct mdev_fact){.wanted = true, .uuid = uuid, .n = 1};
	for (int there = 0; there < 2; there++) {
		s.facts->mdev[0].seen.there = there;
		gate_check(&s.spec, s.facts, &found);
		assert_int_equal(found.n, 1);
		assert_int_equal(found.item[0].grade, GRADE_NEVER);
		assert_string_equal(found.item[0].what, uuid.text);
		assert_string_equal(found.item[0].why, "is held by VM 101");
		findings_free(&found);
	}
	s.facts->claim[0].vmid = 0;
	gate_check(&s.spec, s.facts, &found);
	assert_string_equal(found.item[0].who, "the host");
	assert_contains(found.item[0].why, "by hand");
	findings_free(&found);
	facts_free(s.facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trouble_is_found),
		cmocka_unit_test(all_are_told_at_once),
		cmocka_unit_test(a_claim_names_the_machine),
		cmocka_unit_test(who_is_just_going_is_marked),
		cmocka_unit_test(a_mediated_device_is_claimed_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drivers that the host's policy declares: how it is read, what is planned, what the gate
 * says. */
#include "host-policy.h"

#include <errno.h>

#include "host/pf-match.h"
#include "plan/gate.h"
#include "plan/plan.h"

#define NIC "/sys/devices/pci0000:00/0000:01:00.0/"

static void entries_are_taken(void **state)
{
	struct spec spec;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("drivers = ( { device = \"01:00.0\"; driver = \"vfio-pci\"; },\n"
		      "  { device = \"id=10DE:2231\"; driver = \"vfio-pci\"; colour = 1; "
		      "},\n"
		      "  { device = \"0000:01:00.0\"; driver = \"vfio-pci\";"
		      " allow = [ \"01:00.0\", \"02:00\" ]; } );\n"
		      "nodes = { here = { drivers = (\n"
		      "  { device = \"id=10de:2231\"; driver = \"nvidia\"; } ); };\n"
		      "  there = { drivers = ( { device = \"slot=9\"; driver = \"x\"; } "
		      "); "
		      "}; };\n",
		      &spec, &err),
		0);
	/* The same twice is one, and this node's own stands for the cluster's. */
	assert_int_equal(spec.drivers.n, 2);
	assert_string_equal(spec.drivers.item[0].device, "0000:01:00.0");
	assert_string_equal(spec.drivers.item[0].driver, "vfio-pci");
	assert_int_equal(spec.drivers.item[0].line, 3);
	assert_int_equal(spec.drivers.item[0].allow.n, 2);
	assert_true(
		address_list_has(&spec.drivers.item[0].allow, &(struct bdf){0, 2, 0, 3}));
	assert_int_equal(spec.drivers.item[1].allow.n, 0);
	assert_string_equal(spec.drivers.item[0].file, "hostpci.conf");
	assert_string_equal(spec.drivers.item[1].driver, "nvidia");
	assert_string_equal(spec.drivers.item[1].name.text, "10de:2231");
	assert_int_equal(spec.notes.n, 1);
	assert_contains(spec.notes.text[0], "hostpci.conf:2: unknown key 'colour'");
	spec_free(&spec);
}

#define LONG "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789ab"

static void wrong_entries_are_refused(void **state)
{
	static const struct {
		const char *text, *words;
		unsigned line;
	} rows[] = {
		{"drivers = { device = \"01:00.0\"; };", "must be a list of groups", 1},
		{"drivers = ( 1 );", "must be a list of groups", 1},
		{"drivers = (\n { driver = \"vfio-pci\"; } );",
		 "names its device: device = ", 2},
		{"drivers = (\n { device = \"01:00.0\"; } );",
		 "names the driver: driver = ", 2},
		{"drivers = ( {\n device = \"eth0\"; driver = \"x\"; } );",
		 "an address like 01:00.0", 2},
		{"drivers = ( { device = \"01:00.0\";\n driver = \"\"; } );",
		 "the name of a driver", 2},
		{"drivers = ( { device = \"01:00.0\";\n driver = \"../x\"; } );",
		 "the name of a driver", 2},
		{"drivers = ( { device = \"01:00.0\";\n driver = \"" LONG "\"; } );",
		 "'driver'", 2},
		{"drivers = ( { device = \"01:00.0\"; driver = true; } );",
		 "a text in quotes", 1},
		{"drivers = ( { device = \"01:00.0\"; driver = \"x\";\n"
		 " allow = [ \"eth0\" ]; } );",
		 "'allow'", 2},
		{"drivers = ( { device = \"slot=1\"; driver = \"a\"; },\n"
		 "  { device = \"01:00.0\"; driver = \"a\"; },\n"
		 "  { device = \"slot=1\"; driver = \"b\"; } );",
		 "device slot=1 is to have driver a by line 1, and b by this one", 3},
		{"drivers = ( { device = \"01:00.0\"; driver = \"a\"; } );\n"
		 "nodes = { there = { drivers = 1; }; };",
		 "must be a list of groups", 2},
		{"drivers = ( { device = \"01:00.0\"; driver = \"a\"; } );\n"
		 "nodes = { here = { drivers = (\n"
		 "  { device = \"01:00.0\"; driver = \"b\"; },\n"
		 "  { device = \"0000:01:00.0\"; driver = \"c\"; } ); }; };",
		 "b by line 3, and c by this one", 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec spec;
		struct err err = {0};

		assert_int_not_equal(parse(rows[i].text, &spec, &err), 0);
		assert_contains(err.msg, rows[i].words);
		assert_string_equal(err.file, "hostpci.conf");
		assert_int_equal(err.line, rows[i].line);
		spec_free(&spec);
	}
}

static void there_are_not_too_many(void **state)
{
	char text[8192] = "drivers = ( ";
	size_t at = strlen(text);
	struct spec spec;
	struct err err = {0};

	(void)state;
	for (int i = 0; i <= LIMIT_DECLARED; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%s{ device = \"slot=%d\"; driver = \"x\"; }",
				       i ? ", " : "", i);
	(void)snprintf(text + at, sizeof(text) - at, " );");
	assert_int_equal(parse(text, &spec, &err), -E2BIG);
	assert_contains(err.msg, "more than 64 entries of 'drivers'");
	spec_free(&spec);
}

static void a_key_in_the_wrong_place_is_told(void **state)
{
	struct spec spec;
	struct err err;

	(void)state;
	assert_int_equal(parse("device = \"01:00.0\";\ndrivres = ( );\n"
			       "allow = [ \"01:00.0\" ];\nhooks = [ ];",
			       &spec, &err),
			 0);
	assert_int_equal(spec.notes.n, 4);
	assert_contains(spec.notes.text[0], "it belongs into drivers = ( { ... } )");
	assert_contains(spec.notes.text[2],
			"it belongs into a machine's policy, or into drivers = ");
	assert_contains(spec.notes.text[3], "it belongs into a machine's policy");
	spec_free(&spec);
}

/* A network card, which has no virtual functions. */
static void put_nic(const struct scratch *s)
{
	scratch_put(s, NIC "vendor", "0x8086\n");
	scratch_put(s, NIC "device", "0x10d3\n");
	scratch_put(s, NIC "class", "0x020000\n");
	scratch_put(s, NIC "net/enp1s0/address", "52:54:00:12:34:56\n");
	scratch_mkdir(s, "/sys/bus/pci/drivers/e1000e");
	scratch_mkdir(s, "/sys/bus/pci/drivers/pci-stub");
	scratch_link(s, "../../../bus/pci/drivers/e1000e", NIC "driver");
	scratch_link(s, "../../../devices/pci0000:00/0000:01:00.0",
		     "/sys/bus/pci/devices/0000:01:00.0");
}

static const struct bdf nic = {0, 1, 0, 0};

static void any_device_is_found_by_what_it_is(void **state)
{
	static const struct {
		const char *name;
		bool is;
	} rows[] = {
		{"01:00.0", true},
		{"02:00.0", false},
		{"id=8086:10d3", true},
		{"id=8086:10c9", false},
		{"netdev=enp1s0", true},
		{"netdev=enp1s1", false},
		{"mac=52:54:00:12:34:56", true},
	};
	struct scratch *s = *state;

	put_nic(s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pf_name name;

		assert_int_equal(pf_name_parse(rows[i].name, &name), 0);
		if (device_matches(&s->root, &nic, &name) != rows[i].is)
			fail_msg("%s", rows[i].name);
		assert_false(pf_matches(&s->root, &nic, &name));
	}
}

struct scene {
	struct spec spec;
	struct facts *facts;
};

/* The entry that the last scene is about. */
static struct declared entry;

static struct scene declare(const struct scratch *s, const char *driver)
{
	struct scene scene = {0};
	struct err err;

	entry = (struct declared){.file = "hostpci.conf", .line = 7};
	(void)snprintf(entry.driver, sizeof(entry.driver), "%s", driver);
	scene.facts = facts_new();
	assert_non_null(scene.facts);
	assert_int_equal(facts_declare(&s->root, &nic, &entry, scene.facts, &err), 0);
	return scene;
}

static void clear(struct scene *scene)
{
	facts_free(scene->facts);
	spec_free(&scene->spec);
}

static void expect_plan(const struct scene *scene, const char *want)
{
	struct notes notes = {0};
	char text[512] = "";
	struct plan plan;
	struct err err;
	size_t at = 0;

	assert_int_equal(plan_build(&scene->spec, scene->facts, &plan, &notes, &err), 0);
	for (size_t i = 0; i < plan.steps; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s>%s ",
				       step_ops(&plan.step[i])->name, plan.step[i].found,
				       plan.step[i].want);
		assert_int_equal(plan.step[i].slot, -1);
	}
	assert_string_equal(text, want);
	assert_int_equal(plan.holds, 1);
	/* A sweep takes back what was cut off, disks as well. */
	assert_int_equal(plan.hold[0].return_to, WISH_RETURN_HOST);
	notes_free(&notes);
	plan_free(&plan);
}

static void its_driver_alone_is_planned(void **state)
{
	struct scratch *s = *state;
	struct scene scene;
	struct device *d;

	put_nic(s);
	scene = declare(s, "pci-stub");
	d = &scene.facts->fact[0].device;
	/* What machines want is nothing to it. */
	scene.spec.host.set = UINT64_C(1) << KEY_RETURN | UINT64_C(1) << KEY_RESET;
	scene.spec.host.return_to = WISH_RETURN_VFIO;
	scene.spec.host.reset.wanted = true;
	expect_plan(&scene, "unbind e1000e> override >pci-stub bind >pci-stub ");
	(void)strcpy(d->override, "pci-stub");
	d->driver[0] = '\0';
	expect_plan(&scene, "bind >pci-stub ");
	/* From one vfio driver to another. */
	(void)strcpy(d->driver, "vfio-pci");
	d->on_vfio = true;
	expect_plan(&scene, "unbind vfio-pci> bind >pci-stub ");
	clear(&scene);
	scene = declare(s, "vfio-pci");
	expect_plan(&scene, "module >vfio-pci unbind e1000e> override >vfio-pci bind "
			    ">vfio-pci ");
	clear(&scene);
	assert_int_equal(facts_declare(&s->root, &(struct bdf){0, 2, 0, 0}, &entry,
				       scene.facts = facts_new(), &(struct err){0}),
			 -ENODEV);
	facts_free(scene.facts);
}

/* NULL: nothing refuses. */
static void expect_finding(const struct scene *scene, const char *why, const char *cure)
{
	struct findings findings = {0};
	bool found = !why;

	gate_check(&scene->spec, scene->facts, &findings);
	for (size_t i = 0; why && i < findings.n; i++)
		found |= strstr(findings.item[i].why, why) &&
			 strstr(findings.item[i].cure, cure);
	if (!found || findings.refused != !!why)
		fail_msg("no finding says '%s', but: %s", why ? why : "nothing",
			 findings.n ? findings.item[0].why : "nothing");
	findings_free(&findings);
}

static void the_gate_guards_it(void **state)
{
	struct claim claim = {.bdf = nic, .vmid = 101};
	struct scratch *s = *state;
	struct scene scene;

	put_nic(s);
	scene = declare(s, "pci-stub");
	expect_finding(&scene, NULL, NULL); /* in no group, without an IOMMU */
	scene.facts->iommu = true;
	expect_finding(&scene, NULL, NULL);
	scene.facts->fact[0].device.vfs = 1;
	scene.facts->fact[0].device.on_vfio = true;
	expect_finding(&scene, "has 1 virtual function", "sriov_numvfs");
	clear(&scene);
	scene = declare(s, "mlx5_vfio_pci");
	expect_finding(&scene, "is not at work", "VT-d");
	scene.facts->iommu = true;
	expect_finding(&scene, "is in no IOMMU group", "another slot");
	scene.facts->fact[0].device.group = 3;
	expect_finding(&scene, NULL, NULL);
	scene.spec.host.set = UINT64_C(1) << KEY_PROTECT;
	scene.spec.host.protect.n = 1;
	scene.spec.host.protect.item[0] = (struct address){.text = "0000:01:00.0"};
	expect_finding(&scene, "is protected", "out of drivers");
	expect_finding(&scene, "is protected",
		       "allow = [\"0000:01:00.0\"]; in its entry of drivers "
		       "(hostpci.conf:7)");
	entry.allow.n = 1;
	entry.allow.item[0] = (struct address){.text = "0000:01:00.1"};
	expect_finding(&scene, "is protected", "out of drivers");
	entry.allow.item[0] = (struct address){.text = "0000:01:00.0"};
	expect_finding(&scene, NULL, NULL);
	scene.spec.host.set = 0;
	assert_int_equal(facts_add_claim(scene.facts, &claim), 0);
	expect_finding(&scene, "is held by VM 101", "stop VM 101"); /* never */
	scene.facts->claim[0] = (struct claim){.bdf = nic, .scope = SCOPE_REBIND};
	expect_finding(&scene, "is being given the driver that hostpci.conf declares",
		       "hostpci sweep");
	clear(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_taken),
		cmocka_unit_test(wrong_entries_are_refused),
		cmocka_unit_test(there_are_not_too_many),
		cmocka_unit_test(a_key_in_the_wrong_place_is_told),
		scratch_test(any_device_is_found_by_what_it_is),
		scratch_test(its_driver_alone_is_planned),
		scratch_test(the_gate_guards_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

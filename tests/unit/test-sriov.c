/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Physical functions: how a policy names them, where their functions are, what is planned
 * and what the gate says. */
#include "host-policy.h"

#include <errno.h>
#include <string.h>

#include "plan/gate.h"
#include "plan/plan.h"
#include "spec/pf-name.h"
#include "spec/policy.h"

#define PF "/sys/devices/pci0000:00/0000:01:00.0/"

static void names_are_of_six_kinds(void **state)
{
	static const struct {
		const char *text;
		int kind; /* -1: none */
	} rows[] = {
		{"01:00.0", PF_NAME_ADDRESS},
		{"0000:01:00.0", PF_NAME_ADDRESS},
		{"10000:e1:00.0", PF_NAME_ADDRESS},
		{"id=8086:10C9", PF_NAME_ID},
		{"serial=52-54-00-ff-ff-12-34-56", PF_NAME_SERIAL},
		{"mac=52:54:00:12:34:56", PF_NAME_MAC},
		{"netdev=enp1s0f0", PF_NAME_NETDEV},
		{"slot=5-1", PF_NAME_SLOT},
		{"01:00", -1},
		{"id=8086", -1},
		{"mac=52:54:00:12:34", -1},
		{"netdev=../x", -1},
		{"slot=..", -1},
		{"netdev=", -1},
		{"", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pf_name name;
		int r = pf_name_parse(rows[i].text, &name);

		if ((r == 0) != (rows[i].kind >= 0) ||
		    (r == 0 && (int)name.kind != rows[i].kind))
			fail_msg("%s", rows[i].text);
	}
}

static void entries_are_taken(void **state)
{
	struct spec spec;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("sriov = ( { pf = \"01:00.0\"; vfs = 7; temporary = true; },\n"
		      "  { pf = \"slot=3\"; vfs = 2; autoprobe = false; } );\n"
		      "nodes = { here = { sriov = ( { pf = \"slot=3\"; vfs = 4; } ); };\n"
		      "  there = { sriov = ( { pf = \"slot=9\"; vfs = 1; } ); }; };\n",
		      &spec, &err),
		0);
	assert_int_equal(spec.sriov.n, 2);
	assert_int_equal(spec.sriov.item[0].wish.vfs, 7);
	assert_true(spec.sriov.item[0].wish.temporary);
	/* This node's own entry stands for the other one. */
	assert_int_equal(spec.sriov.item[1].wish.vfs, 4);
	assert_false(wish_has(&spec.sriov.item[1].wish, KEY_AUTOPROBE));
	assert_int_equal(spec.sriov.item[1].line, 3);
	assert_int_equal(spec.notes.n, 0);
	spec_free(&spec);
	/* Of functions that something else makes. */
	assert_int_equal(
		parse("sriov = ( { pf = \"01:00.0\"; vlan = 5; } );", &spec, &err), 0);
	spec_free(&spec);
}

static void wrong_entries_are_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"sriov = { pf = \"01:00.0\"; };", "must be a list of groups"},
		{"sriov = ( 1 );", "must be a list of groups"},
		{"sriov = ( { vfs = 7; } );", "names its physical function"},
		{"sriov = ( { pf = \"eth0\"; } );", "an address like 01:00.0"},
		{"sriov = ( { pf = \"01:00.0\"; vfs = 1000; } );",
		 "not within 0 and 256"},
		{"sriov = ( { pf = \"01:00.0\"; vf = ( { } ); } );", "index = N"},
		{"sriov = ( { pf = \"01:00.0\"; vf = ( { index = -1; } ); } );",
		 "'index' takes a number"},
		{"nodes = { there = { sriov = 1; }; };", "must be a list of groups"},
		{"sriov = ( { pf = \"01:00.0\"; } );", "vfs = N"},
		{"sriov = ( { pf = \"01:00.0\"; vfs = 0; vf = ( { index = 0; } ); } );",
		 "index = 0 is beyond vfs = 0"},
		{"sriov = ( { pf = \"01:00.0\"; vfs = 1;\n"
		 "vf = ( { index = 0; }, { index = 0; } ); } );",
		 "index = 0 has a group already, in line 2"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec spec;
		struct err err = {0};

		assert_int_not_equal(parse(rows[i].text, &spec, &err), 0);
		assert_contains(err.msg, rows[i].words);
		spec_free(&spec);
	}
}

static void put_pf(const struct scratch *s, const char *numvfs)
{
	scratch_put(s, PF "vendor", "0x8086\n");
	scratch_put(s, PF "device", "0x10c9\n");
	scratch_put(s, PF "class", "0x020000\n");
	scratch_put(s, PF "sriov_totalvfs", "7\n");
	scratch_put(s, PF "sriov_numvfs", numvfs);
	scratch_put(s, PF "sriov_offset", "384\n");
	scratch_put(s, PF "sriov_stride", "2\n");
	scratch_put(s, PF "sriov_vf_device", "10ca\n");
	scratch_put(s, PF "sriov_drivers_autoprobe", "1\n");
	scratch_put(s, PF "net/enp1s0/address", "52:54:00:12:34:56\n");
	scratch_mkdir(s, "/sys/bus/pci/drivers/igb");
	scratch_link(s, "../../../bus/pci/drivers/igb", PF "driver");
	scratch_link(s, "../../../devices/pci0000:00/0000:01:00.0",
		     "/sys/bus/pci/devices/0000:01:00.0");
	scratch_put(s, "/sys/bus/pci/slots/5/address", "0000:01:00\n");
}

static int count(void *context, struct pf *pf)
{
	(void)pf;
	++*(int *)context;
	return 0;
}

static void it_is_found_by_what_it_is(void **state)
{
	static const char *const names[] = {
		"01:00.0",	 "id=8086:10c9",
		"netdev=enp1s0", "mac=52:54:00:12:34:56",
		"slot=5",	 "serial=52-54-00-ff-ff-12-34-56"};
	static const char *const others[] = {
		"02:00.0",     "id=8086:1521",
		"netdev=eth0", "mac=52:54:00:12:34:57",
		"slot=6",      "serial=52-54-00-ff-ff-12-34-57"};
	struct scratch *s = *state;
	unsigned char config[4096] = {0};
	static const unsigned char serial[] = {3,    0,	   1,	 0,    0x56, 0x34,
					       0x12, 0xff, 0xff, 0x00, 0x54, 0x52};
	struct spec spec = {0};
	struct pfs *pfs = calloc(1, sizeof(*pfs));

	assert_non_null(pfs);
	put_pf(s, "0\n");
	/* An error capability first, which leads to the serial number's. */
	config[0x100] = 1;
	config[0x102] = 1;
	config[0x103] = 0x14;
	memcpy(config + 0x140, serial, sizeof(serial));
	scratch_put_bytes(s, PF "config", config, sizeof(config));
	pfs->root = &s->root;
	pfs->spec = &spec;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int n = 0, m = 0;

		assert_int_equal(pfs_each(pfs, names[i], count, &n), 0);
		assert_int_equal(pfs_each(pfs, others[i], count, &m), 0);
		if (n != 1 || m)
			fail_msg("%s", names[i]);
	}
	free(pfs);
}

static void its_functions_are_known_before_they_exist(void **state)
{
	struct pf pf = {.device = {.bdf = {0, 1, 0, 0}},
			.vfs = -1,
			.total = 7,
			.offset = 384,
			.stride = 2};
	struct bdf bdf = pf_vf_address(&pf, 0);

	(void)state;
	/* 384 functions on: the next bus, and a half. */
	assert_string_equal(BDF(&bdf), "0000:02:10.0");
	bdf = pf_vf_address(&pf, 5);
	assert_string_equal(BDF(&bdf), "0000:02:11.2");
	assert_int_equal(pf_vf_index(&pf, &bdf), 5);
	bdf.function = 3;
	assert_int_equal(pf_vf_index(&pf, &bdf), -1);
}

/* A machine with one function of the host's only PF, as policy wants it. */
struct scene {
	struct spec spec;
	struct facts *facts;
};

static struct scene look(const struct scratch *s, const char *policy, const char *address)
{
	struct scene scene;
	struct err err;

	assert_int_equal(parse(policy, &scene.spec, &err), 0);
	scene.spec.vmid = 100;
	scene.spec.slot[0].present = true;
	scene.spec.slot[0].wish.set = UINT64_C(1) << KEY_HOST;
	assert_int_equal(address_list_parse(address, &scene.spec.slot[0].wish.host, &err),
			 0);
	scene.facts = facts_new();
	assert_non_null(scene.facts);
	assert_int_equal(facts_resolve(&s->root, &scene.spec, scene.facts, &err), 0);
	return scene;
}

static void clear(struct scene *scene)
{
	facts_free(scene->facts);
	spec_free(&scene->spec);
}

static void tell(const struct scene *scene, char *buf, size_t size)
{
	struct notes notes = {0};
	struct plan plan;
	struct err err;
	size_t at = 0;

	assert_int_equal(plan_build(&scene->spec, scene->facts, &plan, &notes, &err), 0);
	buf[0] = '\0';
	for (size_t i = 0; i < plan.steps; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s %s>%s ",
				       step_ops(&plan.step[i])->name, plan.step[i].found,
				       plan.step[i].want);
	notes_free(&notes);
	plan_free(&plan);
}

#define SEVEN "sriov = ( { pf = \"01:00.0\"; vfs = 7; temporary = true; } );"

static void a_function_that_is_to_be_made_is_planned(void **state)
{
	struct scratch *s = *state;
	struct scene scene;
	char text[1024];

	put_pf(s, "0\n");
	scene = look(s, SEVEN, "02:10.0");
	assert_int_equal(scene.facts->absents, 0);
	assert_int_equal(scene.facts->n, 1);
	assert_true(scene.facts->fact[0].device.coming);
	tell(&scene, text, sizeof(text));
	assert_string_equal(text, "module >vfio-pci autoprobe 1>0 numvfs 0>7 override "
				  ">vfio-pci evict > bind >vfio-pci ");
	clear(&scene);
	/* Beyond what the policy asks for there is none. */
	scene = look(s, SEVEN, "02:11.6");
	assert_int_equal(scene.facts->absents, 1);
	clear(&scene);
	scene = look(s, "", "02:10.0");
	assert_int_equal(scene.facts->absents, 1);
	clear(&scene);
}

static void add_vf(const struct scratch *s)
{
	scratch_mkdir(s, "/sys/bus/pci/devices/0000:02:10.0");
	scratch_link(s, "../0000:01:00.0", "/sys/bus/pci/devices/0000:02:10.0/physfn");
	scratch_link(s, "../../../bus/pci/devices/0000:02:10.0", PF "virtfn0");
}

static void add_past(struct scene *scene, enum step_kind kind, const char *found,
		     const char *want, bool own)
{
	struct pf_past past = {.bdf = {0, 1, 0, 0}, .own = own, .kind = kind};

	(void)snprintf(past.found, sizeof(past.found), "%s", found);
	(void)snprintf(past.want, sizeof(past.want), "%s", want);
	assert_int_equal(facts_add_past(scene->facts, &past), 0);
}

static void another_number_goes_through_none(void **state)
{
	struct scratch *s = *state;
	struct scene scene;
	char text[1024];

	put_pf(s, "1\n");
	add_vf(s);
	scene = look(s, SEVEN, "02:10.2");
	tell(&scene, text, sizeof(text));
	assert_contains(text, "autoprobe 1>0 numvfs 1>0 numvfs 0>7 override");
	clear(&scene);
	/* What exists is enough. */
	scene = look(s, SEVEN, "02:10.0");
	tell(&scene, text, sizeof(text));
	assert_null(strstr(text, "numvfs"));
	/* Others made them: who stops last takes all of it back, as they would have. */
	add_past(&scene, STEP_AUTOPROBE, "1", "0", false);
	add_past(&scene, STEP_NUMVFS, "3", "0", false);
	add_past(&scene, STEP_VFS_ATTRIBUTE, "0 profile/vram_quota 0",
		 "0 profile/vram_quota 1024", false);
	add_past(&scene, STEP_NUMVFS, "0", "1", false);
	tell(&scene, text, sizeof(text));
	assert_contains(text,
			"autoprobe 1>0 numvfs 3>0 vfs-attribute 0 profile/vram_quota "
			"0>0 profile/vram_quota 1024 numvfs 0>1 override");
	/* What the machine takes back already is not adopted. */
	add_past(&scene, STEP_NUMVFS, "0", "1", true);
	tell(&scene, text, sizeof(text));
	assert_null(strstr(text, "numvfs"));
	clear(&scene);
}

static void expect_finding(struct scene *scene, const char *words, bool passing)
{
	struct findings findings = {0};
	bool found = false;

	scene->facts->iommu = true;
	gate_check(&scene->spec, scene->facts, &findings);
	for (size_t i = 0; i < findings.n; i++)
		found |= findings.item[i].grade == GRADE_NEVER &&
			 findings.item[i].passing == passing &&
			 strstr(findings.item[i].why, words);
	if (!found)
		fail_msg("no finding says '%s', but: %s", words,
			 findings.n ? findings.item[0].why : "nothing");
	findings_free(&findings);
}

static void the_gate_guards_it(void **state)
{
	struct scratch *s = *state;
	struct claim claim = {.bdf = {0, 1, 0, 0}, .vmid = 101};
	struct scene scene;

	put_pf(s, "0\n");
	scene = look(s, "sriov = ( { pf = \"01:00.0\"; vfs = 9; } );", "02:10.0");
	expect_finding(&scene, "at most 7 virtual functions", false);
	clear(&scene);
	scene = look(s, SEVEN, "02:10.0");
	assert_int_equal(facts_add_claim(scene.facts, &claim), 0);
	expect_finding(&scene, "is held by VM 101 whole", false);
	scene.facts->claim[0].kind = CLAIM_SHARED;
	scene.facts->claim[0].changing = scene.facts->claim[0].passing = true;
	expect_finding(&scene, "made or removed by VM 101 right now", true);
	clear(&scene);
	scene = look(s, SEVEN, "02:10.0;01:00.0");
	expect_finding(&scene, "is given to VM 100 as well", false);
	clear(&scene);
	scratch_unlink(s, PF "driver");
	scene = look(s, SEVEN, "02:10.0");
	expect_finding(&scene, "has no driver", false);
	clear(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_of_six_kinds),
		cmocka_unit_test(entries_are_taken),
		cmocka_unit_test(wrong_entries_are_refused),
		scratch_test(it_is_found_by_what_it_is),
		cmocka_unit_test(its_functions_are_known_before_they_exist),
		scratch_test(a_function_that_is_to_be_made_is_planned),
		scratch_test(another_number_goes_through_none),
		scratch_test(the_gate_guards_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

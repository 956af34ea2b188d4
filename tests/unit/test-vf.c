/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of virtual functions: their texts, and the steps that policy leads to. */
#include "plan-wish.h"

#include <errno.h>
#include <string.h>

#include "base/mac.h"
#include "host/vf-state.h"
#include "plan/plan.h"
#include "spec/vf-attribute.h"

static void addresses(void **state)
{
	static const char *const wrong[] = {
		"",
		"02:00:00:00:00",
		"02:00:00:00:00:001",
		"02-00-00-00-00-01",
		"02:00:00:00:00:0g",
		"2:00:00:00:00:001",
		"02:00:00:00:00:01 ",
		"02:00:00:00:0:001",
	};
	struct mac mac, other;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(mac_parse(wrong[i], &mac), -EINVAL);
	assert_int_equal(mac_parse("0A:1b:ff:00:00:01", &mac), 0);
	assert_string_equal(MAC(&mac), "0a:1b:ff:00:00:01");
	assert_true(mac_is_unicast(&mac));
	assert_int_equal(mac_parse("01:00:5e:00:00:01", &mac), 0);
	assert_false(mac_is_unicast(&mac));
	assert_int_equal(mac_parse("00:00:00:00:00:00", &mac), 0);
	assert_false(mac_is_unicast(&mac));
	/* Whoever changes this changes the address of every machine that has auto. */
	assert_int_equal(mac_parse("52:54:00:1a:b0:01", &mac), 0);
	other = mac_derive(&mac, 0);
	assert_string_equal(MAC(&other), "62:6b:4b:1f:19:66");
	for (unsigned i = 0; i < 256; i++) {
		struct mac derived = mac_derive(&mac, i);

		assert_int_equal(derived.byte[0] & 3, 2);
		assert_true(i == 0 || memcmp(&derived, &other, sizeof(other)) != 0);
	}
}

static void names_of_files_stay_in_their_folder(void **state)
{
	static const char *const wrong[] = {
		"",
		"x",
		"x=",
		"=1",
		"/x=1",
		"../x=1",
		"a/../b=1",
		"a//b=1",
		"a/=1",
		".x=1",
		"a/.b=1",
		"a b=1",
		"x=1 2",
		"x=\n",
		"x=\"",
		"x=1=2",
		"x=a/b",
		"a12345678901234567890123456789012345678=1",
		"x=123456789012345678901",
	};
	char path[VF_ATTRIBUTE_PATH], value[VF_ATTRIBUTE_VALUE];
	struct vf_attribute a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (vf_attribute_parse(wrong[i], '=', &a) == 0)
			fail_msg("'%s' is taken", wrong[i]);
	assert_int_equal(vf_attribute_parse("profile/vram_quota=4294967296", '=', &a), 0);
	assert_string_equal(a.name, "profile/vram_quota");
	assert_string_equal(a.value, "4294967296");
	assert_string_equal(vf_attribute_path(0, a.name, path),
			    "physfn/sriov_admin/vf1/profile/vram_quota");
	assert_string_equal(vf_attribute_shown("20", value), "20");
	assert_string_equal(vf_attribute_shown("low [normal] high", value), "normal");
	assert_string_equal(vf_attribute_shown("", value), "");
}

static void changes(void **state)
{
	static const char *const good[] = {
		"0 mac 00:00:00:00:00:00",
		"3 vlan 4094:7:802.1ad",
		"3 vlan 0:0:802.1Q",
		"255 spoof-check off",
		"3 trust on",
		"3 max-rate 1000000",
		"3 min-rate 0",
		"3 link-state disable",
	};
	static const char *const wrong[] = {
		"",
		"3",
		"3 mac",
		"3 mac ",
		"3 mac 1",
		"x trust on",
		"3 trust 1",
		"-1 trust on",
		"3 vlan 1",
		"3 vlan 1:2",
		"3 vlan 4095:0:802.1Q",
		"3 vlan 1:8:802.1Q",
		"3 vlan 1:0:802.1q",
		"3 colour on",
		"3 max-rate -1",
		"3 link-state up",
		"70000 trust on",
		"3 trust on ",
	};
	struct vf_change change;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (vf_change_parse(good[i], &change) < 0)
			fail_msg("'%s' is refused", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (vf_change_parse(wrong[i], &change) == 0)
			fail_msg("'%s' is taken", wrong[i]);
}

static void a_state_that_is_told(void **state)
{
	struct vf_state s;

	(void)state;
	assert_int_equal(vf_state_parse("3 up eth0 52:54:00:1a:b0:01 02:00:00:00:00:01 "
					"5:0:802.1Q on - 0 0 auto",
					&s),
			 0);
	assert_int_equal(s.index, 3);
	assert_true(s.up);
	assert_string_equal(s.netdev, "eth0");
	assert_string_equal(s.permanent, "52:54:00:1a:b0:01");
	assert_string_equal(s.value[VF_MAC], "02:00:00:00:00:01");
	assert_string_equal(s.value[VF_VLAN], "5:0:802.1Q");
	assert_string_equal(s.value[VF_TRUST], "");
	assert_string_equal(s.value[VF_LINK_STATE], "auto");
	assert_int_equal(vf_state_parse("3 up eth0", &s), -EBADMSG);
	assert_int_equal(vf_state_parse("", &s), -EBADMSG);
}

/* What policy says of function 2, what is there, and the steps that follow. */
static const struct row {
	const char *name;
	int vf; /* -1: it is none */
	int error;
	bool coming, down, no_permanent, untold;
	const char *mac, *protocol;
	int vlan, max_rate, min_rate; /* -1: nothing */
	const char *attribute;
	const char *steps; /* NULL: refused */
	const char *words; /* of the refusal, or a note */
} rows[] = {
	{"nothing", .vf = -1, .vlan = -1, .steps = ""},
	{"an address", .vf = 2, .vlan = -1, .mac = "02:00:00:00:00:0A",
	 .steps = "vf:2 mac 0a:00:00:00:00:01>2 mac 02:00:00:00:00:0a"},
	{"the address it has", .vf = 2, .vlan = -1, .mac = "0A:00:00:00:00:01",
	 .steps = ""},
	{"auto", .vf = 2, .vlan = -1, .mac = "auto",
	 .steps = "vf:2 mac 0a:00:00:00:00:01>2 mac 02:13:28:c2:b5:cd"},
	{"auto without an address", .vf = 2, .vlan = -1, .mac = "auto",
	 .no_permanent = true, .words = "its card has no address of its own"},
	{"a VLAN", .vf = 2, .vlan = 5, .steps = "vf:2 vlan 0:0:802.1Q>2 vlan 5:0:802.1Q"},
	{"a protocol alone", .vf = 2, .vlan = -1, .protocol = "802.1ad",
	 .steps = "vf:2 vlan 0:0:802.1Q>2 vlan 0:0:802.1ad"},
	{"a function that is still to be made", .vf = 2, .coming = true, .vlan = 5,
	 .steps = "vf:>2 vlan 5:0:802.1Q"},
	{"its attribute", .vf = 2, .coming = true, .vlan = -1, .attribute = "p/x=20",
	 .steps = "vf-attribute:>2 p/x 20"},
	{"an attribute", .vf = 2, .vlan = -1, .attribute = "p/x=20",
	 .steps = "vf-attribute:2 p/x 10>2 p/x 20"},
	{"the attribute it has", .vf = 2, .vlan = -1, .attribute = "p/x=10", .steps = ""},
	{"no function", .vf = -1, .vlan = 5, .words = "it is no virtual function"},
	{"no interface", .vf = 2, .vlan = 5, .error = ENOENT,
	 .words = "has no network interface here"},
	{"no library", .vf = 2, .vlan = 5, .error = ELIBACC, .words = "install libmnl0"},
	{"down", .vf = 2, .vlan = 5, .down = true,
	 .words = "its card's interface eth0 is down"},
	{"down, and nothing to set", .vf = 2, .vlan = 0, .down = true, .steps = ""},
	{"rates", .vf = 2, .vlan = -1, .max_rate = 100, .min_rate = 10,
	 .steps = "vf:2 max-rate 0>2 max-rate 100 vf:2 min-rate 0>2 min-rate 10"},
	{"rates that cannot be", .vf = 2, .vlan = -1, .max_rate = 10, .min_rate = 100,
	 .words = "min-rate: is more than max-rate"},
	{"a driver that tells nothing", .vf = 2, .vlan = 5, .untold = true,
	 .words = "vlan: its card's driver does not tell what it is"},
	{"the same, no danger", .vf = 2, .vlan = -1, .max_rate = 10, .untold = true,
	 .steps = "", .words = "max-rate = 10: its card's driver does not tell"},
};

static void wish_of(const struct row *row, struct wish *wish)
{
	const char *attribute[] = {row->attribute};
	struct err err;
	int r = 0;

	if (row->mac)
		r |= key_store_text(&key_table[KEY_MAC], row->mac, wish, &err);
	if (row->vlan >= 0)
		r |= key_store_int(&key_table[KEY_VLAN], row->vlan, wish, &err);
	if (row->protocol)
		r |= key_store_text(&key_table[KEY_VLAN_PROTOCOL], row->protocol, wish,
				    &err);
	if (row->max_rate)
		r |= key_store_int(&key_table[KEY_MAX_RATE], row->max_rate, wish, &err);
	if (row->min_rate)
		r |= key_store_int(&key_table[KEY_MIN_RATE], row->min_rate, wish, &err);
	if (row->attribute)
		r |= key_store_texts(&key_table[KEY_VF_ATTRIBUTES], attribute, 1, wish,
				     &err);
	assert_int_equal(r, 0);
}

static struct facts *look(const struct row *row)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	struct fact *fact = &facts->fact[0];
	struct settings *s = &fact->settings;
	bool known = !row->coming && !row->untold && !row->error;
	const char *text = known ? "2 up eth0 52:54:00:1a:b0:01 0a:00:00:00:00:01 "
				   "0:0:802.1Q on off 0 0 auto"
				 : "2 up eth0 52:54:00:1a:b0:01 - - - - - - -";

	assert_non_null(facts);
	facts->iommu = facts->driver_ready = true;
	facts->n = 1;
	fact->wanted = true;
	fact->device = (struct device){
		.bdf = {0, 1, 0, 0}, .group = 7, .on_vfio = true, .driver = "vfio-pci"};
	s->vf = row->vf;
	s->vf_error = row->error;
	s->vf_coming = row->coming;
	assert_int_equal(vf_state_parse(text, &s->vf_state), 0);
	s->vf_state.up = !row->down;
	if (row->no_permanent)
		s->vf_state.permanent[0] = '\0';
	if (!row->coming)
		(void)strcpy(s->vf_attribute[0], "10");
	return facts;
}

static void check(const struct row *row, const struct planned *planned)
{
	char got[300] = "";
	size_t at = 0;

	if (!went(planned, row->name, row->steps, row->words))
		return;
	for (size_t i = 0; i < planned->plan.steps; i++) {
		const struct step *s = &planned->plan.step[i];

		/* What a journal takes back again. */
		assert_true(row->coming || step_valid(s));
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%s:%s>%s",
				       at ? " " : "", step_ops(s)->name, s->found,
				       s->want);
	}
	if (strcmp(got, row->steps) != 0)
		fail_msg("%s: '%s', not '%s'", row->name, got, row->steps);
}

static void each_wish_gets_its_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts *facts = look(&rows[i]);
		struct wish wish = {0};
		struct planned planned;

		wish_of(&rows[i], &wish);
		planned = plan_wish(facts, &wish);
		check(&rows[i], &planned);
		planned_free(&planned);
		facts_free(facts);
	}
}

/* What holds for a function: its own group's, then that of all of its card. */
static void settings_of_all_are_added(void **state)
{
	const struct row own = {.vlan = 5}, all = {.mac = "auto",
						   .vlan = 6,
						   .max_rate = 100,
						   .attribute = "p/x=20"};
	struct wish wish = {0}, from = {0};

	(void)state;
	wish_of(&own, &wish);
	wish_of(&all, &from);
	from.set |= UINT64_C(1) << KEY_RETURN; /* not of a function */
	wish_add_vf(&wish, &from);
	assert_int_equal(wish.vlan, 5);
	assert_string_equal(wish.mac, "auto");
	assert_int_equal(wish.max_rate, 100);
	assert_string_equal(wish.vf_attributes.text, "p/x=20");
	assert_true(wish_has(&wish, KEY_MAX_RATE) && wish_has(&wish, KEY_VF_ATTRIBUTES));
	assert_false(wish_has(&wish, KEY_MIN_RATE) || wish_has(&wish, KEY_RETURN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(names_of_files_stay_in_their_folder),
		cmocka_unit_test(changes),
		cmocka_unit_test(a_state_that_is_told),
		cmocka_unit_test(each_wish_gets_its_steps),
		cmocka_unit_test(settings_of_all_are_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

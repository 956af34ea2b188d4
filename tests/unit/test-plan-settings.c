/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_build on resets, power, sizes of BARs, and remove and rescan. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "plan/plan.h"

/* A device as it is found, what policy and a quirk say, and the steps that follow. */
struct row {
	const char *name;
	bool on_vfio, sibling, gone_methods;
	const char *methods, *power, *d3cold; /* NULL: flr bus, on, 1 */
	const char *reset, *want_power;	      /* policy; NULL: nothing */
	bool rescan, no_d3cold;
	struct quirk quirk; /* vendor 0: none */
	bool module;
	const char *steps; /* all but unbind, override and bind */
	const char *note;  /* NULL: none */
};

#define QUIRK(...)                  \
	.quirk = {.vendor = 0x8086, \
		  .name = "card",   \
		  .source = "here", \
		  .class_code = -1, \
		  .d3cold = -1,     \
		  __VA_ARGS__}
#define CHAIN(m)          \
	{                 \
		1,        \
		{         \
			m \
		}         \
	}

static const struct row rows[] = {
	{"nothing asked", .steps = ""},
	{"the host says auto", .power = "auto", .steps = "keep:auto>power"},
	{"auto, on vfio", .power = "auto", .on_vfio = true, .steps = ""},
	{"default", .reset = "default", .steps = "reset:>"},
	{"a chain", .reset = "flr;bus",
	 .steps = "reprobe:flr bus>default methods:>flr bus reset:>"},
	{"a chain of a sibling", .reset = "flr", .sibling = true, .steps = ""},
	{"a chain that is there", .reset = "flr", .on_vfio = true, .methods = "flr",
	 .steps = "reset:>"},
	{"a chain that is not", .reset = "flr", .on_vfio = true,
	 .steps = "reprobe:flr bus>default methods:>flr reset:>"},
	{"a list that is empty", .reset = "flr", .on_vfio = true, .methods = "",
	 .steps = "reprobe:>default methods:>flr reset:>",
	 .note = "beforehand the kernel lists no method for it: if it finds none of flr"},
	{"power on", .want_power = "on", .steps = "power:on>on"},
	{"power on, on vfio", .want_power = "on", .on_vfio = true, .power = "auto",
	 .steps = "power:auto>on"},
	{"power auto", .want_power = "auto", .steps = ""},
	{"no d3cold", .no_d3cold = true, .steps = "d3cold:1>0"},
	{"no d3cold already", .no_d3cold = true, .d3cold = "0", .steps = ""},
	{"rescan", .rescan = true, .no_d3cold = true,
	 .steps = "keep:on>power keep:1>d3cold keep:flr bus>reset_method "
		  "remove:8086:1521 group 7> rescan:8086:1521 group 7> evict:igb> "
		  "d3cold:1>0"},
	{"rescan of a sibling", .rescan = true, .sibling = true, .steps = ""},
	{"rescan on vfio", .rescan = true, .on_vfio = true, .steps = "",
	 .note = "only what comes from the host"},
	{"no-reset", QUIRK(.no_reset = true),
	 .steps = "keep:flr bus>reset_method methods:>",
	 .note = "hostpci0 0000:01:00.0: card: its resets are switched off while the "
		 "machine has it (here)"},
	{"no-reset, done", QUIRK(.no_reset = true), .methods = "", .on_vfio = true,
	 .steps = ""},
	{"no-reset, no resets", QUIRK(.no_reset = true), .gone_methods = true,
	 .steps = ""},
	{"no-reset, policy", QUIRK(.no_reset = true), .reset = "default",
	 .steps = "reset:>"},
	{"no-reset, policy none", QUIRK(.no_reset = true), .reset = "none",
	 .steps = "keep:flr bus>reset_method methods:>", .note = "switched off"},
	{"avoid", QUIRK(.avoid = CHAIN(RESET_FLR)), .reset = "default",
	 .steps = "reprobe:flr bus>default "
		  "methods:>device_specific acpi af_flr pm bus cxl_bus reset:>",
	 .note = "the reset methods that harm it are not used"},
	{"avoid what is not there", QUIRK(.avoid = CHAIN(RESET_PM)), .steps = ""},
	{"method", QUIRK(.method = CHAIN(RESET_BUS)),
	 .steps = "reprobe:flr bus>default methods:>bus",
	 .note = "only the reset methods that work well"},
	{"method of a module", QUIRK(.method = CHAIN(RESET_BUS), .module = "m"),
	 .steps = "", .note = "only by the module m, which is not loaded (here)"},
	{"module is there", QUIRK(.method = CHAIN(RESET_BUS), .module = "m"),
	 .module = true, .steps = "reprobe:flr bus>default methods:>bus",
	 .note = "work well"},
	{"policy wins", QUIRK(.method = CHAIN(RESET_BUS)), .reset = "flr",
	 .steps = "reprobe:flr bus>default methods:>flr reset:>"},
	{"d3cold by quirk",
	 .quirk = {.vendor = 0x8086, .name = "card", .source = "here", .class_code = -1},
	 .steps = "d3cold:1>0", .note = "its power is never cut"},
	{"a sibling's quirk", QUIRK(.no_reset = true), .sibling = true, .steps = ""},
};

static void set(struct wish *wish, const struct row *row)
{
	struct err err;

	if (row->reset)
		assert_int_equal(
			key_store_text(&key_table[KEY_RESET], row->reset, wish, &err), 0);
	if (row->want_power)
		assert_int_equal(key_store_text(&key_table[KEY_POWER], row->want_power,
						wish, &err),
				 0);
	if (row->no_d3cold)
		assert_int_equal(
			key_store_bool(&key_table[KEY_D3COLD], false, wish, &err), 0);
	if (row->rescan)
		assert_int_equal(key_store_bool(&key_table[KEY_RESCAN], true, wish, &err),
				 0);
}

static struct facts *look(const struct row *row)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	struct fact *fact = &facts->fact[0];
	struct settings *s = &fact->settings;

	assert_non_null(facts);
	facts->iommu = facts->driver_ready = true;
	facts->n = 1;
	fact->wanted = !row->sibling;
	fact->device = (struct device){.bdf = {0, 1, 0, 0},
				       .vendor = 0x8086,
				       .product = 0x1521,
				       .group = 7,
				       .on_vfio = row->on_vfio};
	(void)strcpy(fact->device.driver, row->on_vfio ? "vfio-pci" : "igb");
	s->has_methods = !row->gone_methods;
	s->has_module = row->module;
	(void)strcpy(s->methods, row->gone_methods ? ""
				 : row->methods	   ? row->methods
						   : "flr bus");
	(void)strcpy(s->power, row->power ? row->power : "on");
	(void)strcpy(s->d3cold, row->d3cold ? row->d3cold : "1");
	return facts;
}

static void tell(const struct plan *plan, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < plan->steps; i++) {
		const struct step *s = &plan->step[i];

		if (s->kind != STEP_UNBIND && s->kind != STEP_OVERRIDE &&
		    s->kind != STEP_BIND)
			at += (size_t)snprintf(buf + at, size - at, "%s%s:%s>%s",
					       at ? " " : "", step_ops(s)->name, s->found,
					       s->want);
		assert_true(step_valid(s)); /* what a journal takes back again */
	}
}

static void each_wish_gets_its_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts *facts = look(&rows[i]);
		struct spec spec = {.vmid = 100};
		struct quirk quirk = rows[i].quirk;
		struct notes notes = {0};
		struct plan plan;
		struct err err;
		char got[600];

		spec.slot[0].present = true;
		if (quirk.vendor)
			spec.quirks = (struct quirks){&quirk, 1};
		set(&spec.slot[0].wish, &rows[i]);
		assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
		tell(&plan, got, sizeof(got));
		if (strcmp(got, rows[i].steps) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].name, got, rows[i].steps);
		assert_int_equal(notes.n, rows[i].note ? 1 : 0);
		if (rows[i].note)
			assert_contains(notes.text[0], rows[i].note);
		notes_free(&notes);
		plan_free(&plan);
		facts_free(facts);
	}
}

static int build(const struct row *row, const char *sizes, int bit, uint64_t offers,
		 char *got, size_t size, struct err *err)
{
	struct facts *facts = look(row);
	struct spec spec = {.vmid = 100};
	struct notes notes = {0};
	struct plan plan = {0};
	int r;

	spec.slot[0].present = true;
	set(&spec.slot[0].wish, row);
	if (sizes)
		assert_int_equal(key_store_text(&key_table[KEY_BAR_SIZES], sizes,
						&spec.slot[0].wish, err),
				 0);
	facts->fact[0].settings.bar[1].bit = bit;
	facts->fact[0].settings.bar[1].offers = offers;
	r = plan_build(&spec, facts, &plan, &notes, err);
	tell(&plan, got, size);
	notes_free(&notes);
	plan_free(&plan);
	facts_free(facts);
	return r;
}

static void bars_are_resized_to_what_is_offered(void **state)
{
	static const struct row host = {.name = "host"}, vfio = {.on_vfio = true};
	struct err err;
	char got[200];

	(void)state;
	assert_int_equal(build(&host, "1:1G", 8, 0x700, got, sizeof(got), &err), 0);
	assert_string_equal(got, "bar:1:8>1:10");
	assert_int_equal(build(&host, "1:256M", 8, 0x700, got, sizeof(got), &err), 0);
	assert_string_equal(got, "");
	assert_int_equal(build(&vfio, "1:1G", 8, 0x700, got, sizeof(got), &err), 0);
	assert_string_equal(got, "");
	assert_int_equal(build(&host, "1:2G", 8, 0x700, got, sizeof(got), &err), -EINVAL);
	assert_string_equal(err.msg, "hostpci0 0000:01:00.0: bar-sizes: BAR 1 cannot be "
				     "2G: the device offers 256M, 512M, 1G; correct the "
				     "policy");
	assert_int_equal(build(&host, "1:2G", -1, 0, got, sizeof(got), &err), -EINVAL);
	assert_contains(err.msg, "it is not resizable here");
}

/* A card of two functions on one line, of which only one has what policy wants. */
static void only_one_function_needs_it(void **state)
{
	static const struct row row = {.reset = "device_specific;flr"};
	struct facts *facts = look(&row);
	struct spec spec = {.vmid = 100};
	struct notes notes = {0};
	struct plan plan;
	struct err err;

	(void)state;
	spec.slot[0].present = true;
	set(&spec.slot[0].wish, &row);
	assert_int_equal(key_store_text(&key_table[KEY_BAR_SIZES], "1:1G",
					&spec.slot[0].wish, &err),
			 0);
	facts->fact[1] = facts->fact[0];
	facts->n = 2;
	facts->fact[1].device.bdf.function = 1;
	(void)strcpy(facts->fact[1].settings.methods, "pm");
	facts->fact[0].settings.bar[1].bit = 8;
	facts->fact[0].settings.bar[1].offers = 0x700;
	facts->fact[1].settings.bar[1].bit = -1;
	assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
	assert_int_equal(notes.n, 0);
	for (size_t i = 0; i < plan.steps; i++) {
		const struct step *s = &plan.step[i];

		assert_true(s->kind != STEP_BAR || s->bdf.function == 0);
		if (s->kind == STEP_METHODS || s->kind == STEP_RESET)
			assert_int_equal(s->none, s->bdf.function ? STEP_NONE_OFF
								  : STEP_NONE_FAILS);
		if (s->kind == STEP_RESET)
			assert_int_equal(step_ops(s)->tolerates(s, ENOTTY),
					 s->bdf.function);
	}
	plan_free(&plan);
	/* What neither can be is said of the first. */
	facts->fact[0].settings.bar[1].bit = -1;
	facts->fact[0].settings.bar[1].offers = 0;
	assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), -EINVAL);
	assert_contains(err.msg,
			"0000:01:00.0: bar-sizes: BAR 1 cannot be 1G: it is not");
	notes_free(&notes);
	facts_free(facts);
}

static void a_chain_without_any_method_is_refused(void **state)
{
	static const struct row row = {.reset = "flr", .gone_methods = true};
	struct err err;
	char got[200];

	(void)state;
	assert_int_equal(build(&row, NULL, 0, 0, got, sizeof(got), &err), -EINVAL);
	assert_contains(err.msg, "the kernel knows no way to reset it");
}

static void a_quirk_may_ask_for_time_after_a_reset(void **state)
{
	struct facts *facts = look(&(struct row){.name = "x"});
	struct spec spec = {.vmid = 100};
	struct quirk quirk = {
		.vendor = 0x8086, .class_code = -1, .d3cold = -1, .delay_ms = 250};
	struct notes notes = {0};
	struct plan plan;
	struct err err;

	(void)state;
	spec.slot[0].present = true;
	spec.quirks = (struct quirks){&quirk, 1};
	set(&spec.vm, &(struct row){.reset = "default"});
	assert_int_equal(plan_build(&spec, facts, &plan, &notes, &err), 0);
	assert_int_equal(plan.step[plan.steps - 1].kind, STEP_RESET);
	assert_int_equal(plan.step[plan.steps - 1].settle_ms, 250);
	assert_int_equal(plan.step[0].settle_ms, 0);
	assert_int_equal(notes.n, 1);
	notes_free(&notes);
	plan_free(&plan);
	facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wish_gets_its_steps),
		cmocka_unit_test(bars_are_resized_to_what_is_offered),
		cmocka_unit_test(only_one_function_needs_it),
		cmocka_unit_test(a_chain_without_any_method_is_refused),
		cmocka_unit_test(a_quirk_may_ask_for_time_after_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

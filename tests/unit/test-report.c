/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value, told as text and as JSON. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "report/report.h"
#include "run/journal.h"

static void add_deed(struct outcome *o, enum step_kind kind, enum deed_state state,
		     const char *text)
{
	struct step step = {.kind = kind, .bdf = {0, 1, 0, 0}, .lane = 7, .stage = 1};
	struct deed *d;

	(void)strcpy(step.found, kind == STEP_UNBIND ? "igb" : "");
	(void)strcpy(step.want, kind == STEP_UNBIND ? "" : "vfio-pci");
	assert_int_equal(deeds_add(&o->deeds, &step, false), 0);
	d = &o->deeds.item[o->deeds.n - 1];
	d->state = state;
	d->ms = 5;
	(void)snprintf(d->text, sizeof(d->text), "%s", text);
}

static struct outcome failed(void)
{
	struct outcome o = {
		.vmid = 100, .what = "pre-start", .exit = EXIT_CODE_REFUSED, .ms = 12};
	struct finding *f;

	(void)err_set(&o.err, EIO, "hostpci0: it \"broke\"\n");
	notes_add(&o.warnings, "a warning");
	notes_add(&o.notes, "a note");
	add_deed(&o, STEP_UNBIND, DEED_DONE, "");
	add_deed(&o, STEP_OVERRIDE, DEED_DONE, "");
	add_deed(&o, STEP_BIND, DEED_FAILED, "Input/output error");
	f = findings_add(&o.findings, GRADE_ASK, 0, &(struct bdf){0, 5, 0, 0});
	(void)strcpy(f->what, "/dev/x");
	(void)strcpy(f->why, "is in use");
	(void)strcpy(f->cure, "stop it");
	o.shown = calloc(1, sizeof(*o.shown));
	assert_non_null(o.shown);
	o.shown[o.shown_n++] = (struct shown){.device = {.bdf = {0, 1, 0, 0},
							 .vendor = 0x8086,
							 .product = 0x10c9,
							 .class_code = 0x20000,
							 .group = 7},
					      .wanted = true};
	return o;
}

static struct json_object *get(struct json_object *o, const char *name,
			       enum json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, name, &value))
		fail_msg("no field '%s'", name);
	assert_int_equal(json_object_get_type(value), type);
	return value;
}

static const char *text_of(struct json_object *o, const char *name)
{
	return json_object_get_string(get(o, name, json_type_string));
}

static void json_parses_and_has_its_fields(void **state)
{
	struct outcome o = failed();
	struct json_object *made = report_json(&o), *j, *item;

	(void)state;
	j = json_tokener_parse(json_object_to_json_string(made));
	assert_non_null(j);
	assert_false(json_object_get_boolean(get(j, "ok", json_type_boolean)));
	assert_int_equal(json_object_get_int(get(j, "vmid", json_type_int)), 100);
	assert_int_equal(json_object_get_int(get(j, "exit", json_type_int)), 1);
	assert_string_equal(text_of(j, "phase"), "pre-start");
	assert_string_equal(text_of(j, "error"), "hostpci0: it \"broke\"?");
	assert_int_equal(json_object_array_length(get(j, "warnings", json_type_array)),
			 1);
	assert_int_equal(json_object_array_length(get(j, "notes", json_type_array)), 1);
	item = json_object_array_get_idx(get(j, "devices", json_type_array), 0);
	assert_string_equal(text_of(item, "device"), "0000:01:00.0");
	assert_string_equal(text_of(item, "id"), "8086:10c9");
	assert_string_equal(text_of(item, "class"), "020000");
	item = json_object_array_get_idx(get(j, "findings", json_type_array), 0);
	assert_string_equal(text_of(item, "grade"), "ask");
	assert_string_equal(text_of(item, "slot"), "hostpci0");
	assert_string_equal(text_of(item, "cure"), "stop it");
	item = json_object_array_get_idx(get(j, "steps", json_type_array), 2);
	assert_string_equal(text_of(item, "kind"), "bind");
	assert_string_equal(text_of(item, "state"), "failed");
	assert_string_equal(text_of(item, "message"), "Input/output error");
	assert_string_equal(text_of(get(item, "write", json_type_object), "path"),
			    "/sys/bus/pci/drivers/vfio-pci/bind");
	json_object_put(j);
	json_object_put(made);
	outcome_free(&o);
}

static char *render(const struct scratch *s, const struct outcome *o,
		    enum report_style style)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	report_text(&s->root, o, style, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void text_says_what_failed_and_what_to_do(void **state)
{
	struct outcome o = failed();
	char *text;

	o.err.msg[strlen(o.err.msg) - 1] = '\0';
	o.findings.refused = false;
	text = render(*state, &o, REPORT_HOOK);
	assert_contains(text, "hostpci: warning: a warning\n");
	assert_contains(text,
			"unbind from igb, set driver_override to vfio-pci (10 ms)\n");
	assert_contains(text, "[failed] hostpci0 0000:01:00.0: bind to vfio-pci: "
			      "Input/output error\n");
	assert_contains(text, "[ask] hostpci0 0000:05:00.0: /dev/x is in use\n");
	assert_contains(text, "what to do: stop it\n");
	assert_int_equal(text[strlen(text) - 1], '\n');
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		assert_memory_equal(line, "hostpci: ", 9);
	free(text);
	outcome_free(&o);
}

static void a_dry_run_shows_its_writes(void **state)
{
	struct outcome o = {.vmid = 100, .what = "pre-start", .dry = true};
	char *text;

	add_deed(&o, STEP_UNBIND, DEED_PLANNED, "");
	add_deed(&o, STEP_OVERRIDE, DEED_PLANNED, "");
	text = render(*state, &o, REPORT_PLAN);
	assert_contains(text, "2 writes:\n");
	assert_contains(text, "echo 0000:01:00.0 > /sys/bus/pci/drivers/igb/unbind\n");
	assert_contains(text, "echo vfio-pci > /sys/bus/pci/devices/0000:01:00.0/"
			      "driver_override\n");
	free(text);
	/* What is only kept writes nothing now. */
	add_deed(&o, STEP_KEEP, DEED_PLANNED, "");
	(void)strcpy(o.deeds.item[2].step.found, "auto");
	(void)strcpy(o.deeds.item[2].step.want, "power");
	text = render(*state, &o, REPORT_PLAN);
	assert_contains(text, "2 writes in 3 steps:\n");
	free(text);
	outcome_free(&o);
}

static void nothing_done_says_nothing(void **state)
{
	struct outcome o = {.vmid = 100, .what = "pre-start"};
	char *text = render(*state, &o, REPORT_HOOK);

	assert_string_equal(text, "");
	free(text);
	outcome_free(&o);
}

static void the_last_report_stays_while_it_explains(void **state)
{
	struct scratch *s = *state;
	struct outcome o = failed();
	char *text;

	report_store(&s->root, &o);
	text = scratch_get(s, "/run/hostpci/vm/100.report.json");
	json_object_put(json_tokener_parse(text));
	free(text);
	o.dry = true;
	o.exit = EXIT_CODE_DONE;
	report_store(&s->root, &o); /* a dry run leaves it alone */
	assert_true(file_exists(&s->root, "/run/hostpci/vm/100.report.json"));
	o.dry = false;
	scratch_put(s, "/run/hostpci/vm/100.journal", "");
	report_store(&s->root, &o); /* the machine still holds something */
	assert_true(file_exists(&s->root, "/run/hostpci/vm/100.report.json"));
	assert_int_equal(file_remove(&s->root, "/run/hostpci/vm", "100.journal"), 0);
	report_store(&s->root, &o);
	assert_false(file_exists(&s->root, "/run/hostpci/vm/100.report.json"));
	outcome_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(json_parses_and_has_its_fields),
		scratch_test(text_says_what_failed_and_what_to_do),
		scratch_test(a_dry_run_shows_its_writes),
		scratch_test(nothing_done_says_nothing),
		scratch_test(the_last_report_stays_while_it_explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

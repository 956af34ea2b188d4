/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <time.h>

#include "base/fileio.h"
#include "base/number.h"
#include "base/utf8.h"
#include "base/words.h"
#include "report/report.h"
#include "run/journal.h"

/* Each @name is written here once: json-c need not look whether it is there, nor copy it.
 */
static void put(struct json_object *to, const char *name, struct json_object *value)
{
	(void)json_object_object_add_ex(to, name, value,
					JSON_C_OBJECT_ADD_KEY_IS_NEW |
						JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static void put_text(struct json_object *to, const char *name, const char *text)
{
	put(to, name, json_object_new_string(text));
}

static void put_number(struct json_object *to, const char *name, int64_t value)
{
	put(to, name, json_object_new_int64(value));
}

static void put_flag(struct json_object *to, const char *name, bool value)
{
	put(to, name, json_object_new_boolean(value));
}

static void put_slot(struct json_object *to, int slot)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "hostpci%d", slot);
	if (slot >= 0)
		put_text(to, "slot", text);
}

/* The names are those of `hostpci status`. */
static struct json_object *mdev_json(const struct shown *s)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "device", s->parent);
	put_slot(o, s->slot);
	put_flag(o, "wanted", s->wanted);
	put_text(o, "mdev", s->mdev.text);
	put_text(o, "type", s->type);
	put_flag(o, "left_to_proxmox", s->left);
	return o;
}

static struct json_object *device_json(const struct shown *s)
{
	struct json_object *o;
	char id[16];

	if (uuid_is_set(&s->mdev))
		return mdev_json(s);
	o = json_object_new_object();
	put_text(o, "device", BDF(&s->device.bdf));
	put_slot(o, s->slot);
	put_flag(o, "wanted", s->wanted);
	(void)snprintf(id, sizeof(id), "%04x:%04x", s->device.vendor, s->device.product);
	put_text(o, "id", id);
	(void)snprintf(id, sizeof(id), "%06x", s->device.class_code);
	put_text(o, "class", id);
	put_text(o, "driver", s->device.driver);
	put_number(o, "group", s->device.group);
	put_flag(o, "bridge", s->device.bridge);
	return o;
}

static struct json_object *finding_json(const struct finding *f)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "grade", grade_words[f->grade]);
	put_slot(o, f->slot);
	put_text(o, "device", f->device);
	put_text(o, "what", f->what);
	put_text(o, "why", f->why);
	put_text(o, "who", f->who);
	put_text(o, "cure", f->cure);
	put_flag(o, "passing", f->passing);
	put_flag(o, "allowed", f->allowed);
	return o;
}

static void get_text(struct json_object *from, const char *name, char *buf, size_t size)
{
	struct json_object *value;

	buf[0] = '\0';
	if (json_object_object_get_ex(from, name, &value) && value)
		(void)snprintf(buf, size, "%s", json_object_get_string(value));
}

static void read_finding(struct json_object *from, struct findings *ret)
{
	char grade[16], slot[16];
	struct finding *f;
	uint64_t number;
	int i;

	get_text(from, "grade", grade, sizeof(grade));
	i = words_find(grade_words, _GRADE_MAX, grade);
	if (i < 0 || i == GRADE_TELL)
		return;
	get_text(from, "slot", slot, sizeof(slot));
	if (strncmp(slot, "hostpci", 7) != 0 ||
	    number_parse(slot + 7, LIMIT_SLOTS - 1, &number) < 0)
		f = findings_add(ret, (enum grade)i, -1, NULL);
	else
		f = findings_add(ret, (enum grade)i, (int)number, NULL);
	if (!f)
		return;
	get_text(from, "device", f->device, sizeof(f->device));
	get_text(from, "what", f->what, sizeof(f->what));
	get_text(from, "why", f->why, sizeof(f->why));
	get_text(from, "who", f->who, sizeof(f->who));
	get_text(from, "cure", f->cure, sizeof(f->cure));
}

void report_read_findings(struct json_object *report, struct findings *ret)
{
	struct json_object *all;

	if (!json_object_object_get_ex(report, "findings", &all) ||
	    !json_object_is_type(all, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(all); i++)
		read_finding(json_object_array_get_idx(all, i), ret);
}

/* The one write of a step, and what goes along with it. */
static void put_writes(struct json_object *to, const struct step_write *write)
{
	struct json_object *w = json_object_new_object(), *then;
	char path[CHILD_PATH];

	put_text(w,
		 write->module	  ? "module"
		 : write->netlink ? "netlink"
		 : write->nvme	  ? "nvme"
				  : "path",
		 write->module ? write->value : write->path);
	if (!write->module)
		put_text(w, "value", write->value);
	put(to, "write", w);
	if (!write->awake)
		return;
	then = json_object_new_object();
	put_text(then, "path", step_awake_path(write, path));
	put_text(then, "value", "on");
	put(to, "then", then);
}

static struct json_object *deed_json(const struct deed *d)
{
	struct json_object *o = json_object_new_object();
	struct step_write write = {0};
	char text[STEP_WORDS];

	put_text(o, "kind", step_ops(&d->step)->name);
	put_text(o, "direction", d->step.direction == STEP_DO ? "do" : "undo");
	put_slot(o, d->step.slot);
	put_text(o, "device", BDF(&d->step.bdf));
	if (uuid_is_set(&d->step.mdev))
		put_text(o, "mdev", d->step.mdev.text);
	put_number(o, "stage", d->step.stage);
	if (d->step.direction == STEP_DO && d->step.stage < _STAGE_MAX)
		put_text(o, "stage_name", plan_stage_words[d->step.stage]);
	put_number(o, "lane", d->step.lane);
	put_text(o, "found", d->step.found);
	put_text(o, "want", d->step.want);
	step_ops(&d->step)->describe(&d->step, text, sizeof(text));
	put_text(o, "text", text);
	if (step_ops(&d->step)->write(&d->step, &write))
		put_writes(o, &write);
	put_text(o, "state", deed_words[d->state]);
	if (d->step.spare)
		put_flag(o, "spare", true);
	put_flag(o, "rollback", d->rollback);
	if (d->state != DEED_PLANNED)
		put_number(o, "ms", d->ms);
	if (d->text[0])
		put_text(o, "message", d->text);
	return o;
}

static struct json_object *notes_json(const struct notes *notes)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < notes->n; i++)
		json_object_array_add(a, json_object_new_string(notes->text[i]));
	return a;
}

struct json_object *report_deeds(const struct deeds *deeds)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < deeds->n; i++)
		json_object_array_add(a, deed_json(&deeds->item[i]));
	return a;
}

struct json_object *report_json(const struct outcome *outcome)
{
	struct json_object *o = json_object_new_object(), *a;
	char text[sizeof(struct err)];

	put_flag(o, "ok", outcome->exit == 0);
	put_number(o, "vmid", outcome->vmid);
	if (outcome->scope)
		put_text(o, "kind", scope_words[outcome->scope]);
	put_text(o, "phase", outcome->what);
	put_flag(o, "dry", outcome->dry);
	put_number(o, "exit", outcome->exit);
	if (outcome->standing) {
		put_text(o, "state", standing_words[outcome->standing]);
		put_number(o, "kept", outcome->kept);
	}
	put_number(o, "time", (int64_t)time(NULL));
	put_number(o, "ms", outcome->ms);
	if (outcome->err.code)
		put_text(o, "error", err_text(&outcome->err, text, sizeof(text)));
	a = json_object_new_array();
	for (size_t i = 0; i < outcome->shown_n; i++)
		json_object_array_add(a, device_json(&outcome->shown[i]));
	put(o, "devices", a);
	a = json_object_new_array();
	for (size_t i = 0; i < outcome->findings.n; i++)
		json_object_array_add(a, finding_json(&outcome->findings.item[i]));
	put(o, "findings", a);
	put(o, "warnings", notes_json(&outcome->warnings));
	put(o, "notes", notes_json(&outcome->notes));
	put(o, "steps", report_deeds(&outcome->deeds));
	return o;
}

void report_file_name(uint32_t vmid, enum scope scope, char buf[static REPORT_NAME])
{
	(void)snprintf(buf, REPORT_NAME, "%u%s%s.report.json", vmid, scope ? "." : "",
		       scope_words[scope]);
}

void report_store(const struct root *root, const struct outcome *outcome)
{
	struct json_object *o;
	_cleanup_free_ char *text = NULL;
	char name[REPORT_NAME];

	if (outcome->dry)
		return;
	report_file_name(outcome->vmid, outcome->scope, name);
	if ((outcome->exit == 0 || !strcmp(outcome->what, "release")) &&
	    !journal_exists(root, outcome->vmid, outcome->scope)) {
		(void)!file_remove(root, JOURNAL_FOLDER, name);
		return;
	}
	o = report_json(outcome);
	text = utf8_escaped(json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	if (text)
		(void)!file_replace(root, JOURNAL_FOLDER, name, text, strlen(text));
	json_object_put(o);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/words.h"
#include "run/journal.h"

/* A record that is being read; what does not fit makes it bad. */
struct record {
	struct json_object *object;
	bool bad;
};

static int64_t number(struct record *r, const char *name, int64_t min, int64_t max)
{
	struct json_object *value;

	if (!json_object_object_get_ex(r->object, name, &value) ||
	    !json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < min || json_object_get_int64(value) > max) {
		r->bad = true;
		return min;
	}
	return json_object_get_int64(value);
}

static const char *text(struct record *r, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(r->object, name, &value) ||
	    !json_object_is_type(value, json_type_string)) {
		r->bad = true;
		return "";
	}
	return json_object_get_string(value);
}

/* What its kind of step has as found or want; checked by step_valid. */
static void value(struct record *r, const char *name, char *to, size_t size)
{
	const char *value = text(r, name);

	r->bad |= strlen(value) >= size;
	(void)snprintf(to, size, "%s", value);
}

static struct bdf address(struct record *r, const char *name)
{
	struct bdf bdf = {0};

	r->bad |= bdf_parse(text(r, name), &bdf) < 0;
	return bdf;
}

static bool has(const struct record *r, const char *name)
{
	return json_object_object_get_ex(r->object, name, NULL);
}

/* A member that a record of an earlier version lacks: -1. */
static int64_t optional(struct record *r, const char *name, int64_t max)
{
	return has(r, name) ? number(r, name, 0, max) : -1;
}

/* A time since the boot, 0: it is not known. */
static int64_t time_of(struct record *r)
{
	int64_t at = optional(r, "at", INT64_MAX);

	return at < 0 ? 0 : at;
}

static bool optional_bool(struct record *r, const char *name, bool fallback)
{
	struct json_object *value;

	if (!json_object_object_get_ex(r->object, name, &value))
		return fallback;
	r->bad |= !json_object_is_type(value, json_type_boolean);
	return json_object_get_boolean(value);
}

/* Of a record that is about a mediated device. */
static struct uuid mdev(struct record *r)
{
	struct uuid uuid = {0};

	if (json_object_object_get_ex(r->object, "mdev", NULL))
		r->bad |= uuid_parse(text(r, "mdev"), &uuid) < 0;
	return uuid;
}

static int read_header(struct journal *j, struct record *r, struct err *err)
{
	int64_t version = number(r, "journal", 1, INT32_MAX);
	const char *written = text(r, "boot");
	char boot[PROC_BOOT_ID];
	int read;

	if (r->bad)
		return 0;
	read = proc_boot_id(j->root, boot);
	if (read < 0) /* not to be taken for another boot: its originals would be lost */
		return err_set(err, -read, "this boot's id cannot be read: %s",
			       strerror(-read));
	j->other_boot = strcmp(boot, written) != 0;
	if (j->other_boot)
		return 0;
	if (version > 1)
		return err_set(err, EPROTO,
			       "was written by a newer hostpci (journal version %lld): "
			       "install that version again, or reboot",
			       (long long)version);
	if (number(r, "vmid", 0, VMID_MAX) != j->vmid)
		r->bad = true;
	return 0;
}

static int read_hold(struct journal *j, struct record *r, struct err *err)
{
	int64_t after = optional(r, "return_after", WISH_RETURN_AFTER_MAX);
	struct journal_hold hold = {
		.open = true,
		/* Whoever does not say so may have been used. */
		.fresh = !optional_bool(r, "used", true),
		.hold =
			{
				.bdf = address(r, "hold"),
				.mdev = mdev(r),
				.slot = (int)number(r, "slot", -1, LIMIT_SLOTS - 1),
				.group = (int)number(r, "group", -1, INT32_MAX),
				.return_to =
					words_find(wish_return_words, _WISH_RETURN_MAX,
						   text(r, "return")),
				.storage = optional_bool(r, "storage", false),
				.return_after = after < 0 ? 0 : (int)after,
				.shared = optional_bool(r, "shared", false),
				.changing = optional_bool(r, "changing", false),
				.is_vf = has(r, "vf_of"),
			},
	};
	struct journal_hold *old = journal_find(j, &hold.hold), *grown;

	if (hold.hold.is_vf)
		hold.hold.vf_of = address(r, "vf_of");
	r->bad |= hold.hold.return_to < 0;
	if (r->bad)
		return 0;
	if (old) {
		*old = hold;
		return 0;
	}
	if (j->holds == LIMIT_DEVICES)
		return err_set(err, E2BIG, "names more than %d devices", LIMIT_DEVICES);
	grown = realloc(j->hold, (j->holds + 1) * sizeof(*grown));
	if (!grown)
		return err_set(err, ENOMEM, "out of memory");
	j->hold = grown;
	j->hold[j->holds++] = hold;
	return 0;
}

static int read_intent(struct journal *j, struct record *r, struct err *err)
{
	struct journal_step s = {.state = JOURNAL_INTENT, .begun = true};
	int room;

	s.step.id = (uint32_t)number(r, "intent", 1, UINT32_MAX - 1);
	s.step.kind = step_kind_parse(text(r, "kind"));
	s.step.bdf = address(r, "device");
	s.step.mdev = mdev(r);
	s.step.slot = (int)number(r, "slot", -1, LIMIT_SLOTS - 1);
	s.step.group = (int)number(r, "group", -1, INT32_MAX);
	s.step.lane = (int)number(r, "lane", -1, INT32_MAX);
	s.step.stage = (unsigned)number(r, "stage", 0, 16);
	s.step.deadline_ms = (int)number(r, "deadline", 1, 3600 * 1000);
	value(r, "found", s.step.found, sizeof(s.step.found));
	value(r, "want", s.step.want, sizeof(s.step.want));
	r->bad |= s.step.kind == _STEP_INVALID || s.step.id < j->next_id;
	r->bad |= !r->bad && !step_valid(&s.step);
	/* The path that its undo writes to is made of this name. */
	r->bad |= s.step.kind == STEP_UNBIND && !s.step.found[0];
	r->bad |= s.step.kind == STEP_BIND && !s.step.want[0];
	if (r->bad)
		return 0;
	room = journal_reserve(j, 1);
	if (room < 0)
		return err_set(err, -room, "%s",
			       room == -E2BIG ? "has too many steps" : "out of memory");
	j->step[j->steps++] = s;
	j->next_id = s.step.id + 1;
	return 0;
}

static void read_mark(struct journal *j, struct record *r, const char *what)
{
	uint32_t id = (uint32_t)number(r, what, 1, UINT32_MAX - 1);

	for (size_t i = 0; i < j->steps; i++)
		if (j->step[i].step.id == id) {
			journal_mark_step(&j->step[i], what);
			return;
		}
	r->bad = true;
}

static struct proc_id process(struct record *r, const char *what)
{
	return (struct proc_id){
		.pid = (pid_t)number(r, what, 1, INT32_MAX),
		.start = (uint64_t)number(r, "start", 0, INT64_MAX),
	};
}

static int read_child(struct journal *j, struct record *r, struct err *err)
{
	struct proc_id *grown = realloc(j->child, (j->children + 1) * sizeof(*grown));

	if (!grown)
		return err_set(err, ENOMEM, "out of memory");
	j->child = grown;
	j->child[j->children++] = process(r, "child");
	return 0;
}

static void read_hold_mark(struct journal *j, struct record *r, const char *what)
{
	const struct hold about = {.bdf = address(r, what), .mdev = mdev(r)};
	struct journal_hold *hold = r->bad ? NULL : journal_find(j, &about);

	if (!hold) {
		r->bad = true;
		return;
	}
	hold->parked[0] = '\0';
	if (!strcmp(what, "park"))
		(void)snprintf(hold->parked, sizeof(hold->parked), "%s", text(r, "why"));
	hold->parked_at = time_of(r);
	if (!strcmp(what, "close"))
		journal_end_hold(j, hold);
}

static void read_phase(struct journal *j, struct record *r)
{
	const char *phase = text(r, "phase");
	int64_t at = time_of(r);
	bool locked = optional_bool(r, "locked", false);

	if (r->bad)
		return;
	journal_begin_phase(j, phase, at);
	j->locked = locked;
}

static int read_record(struct journal *j, struct record *r, struct err *err)
{
	if (has(r, "journal"))
		return read_header(j, r, err);
	if (has(r, "hold"))
		return read_hold(j, r, err);
	if (has(r, "intent"))
		return read_intent(j, r, err);
	if (has(r, "done"))
		read_mark(j, r, "done");
	else if (has(r, "failed"))
		read_mark(j, r, "failed");
	else if (has(r, "undo"))
		read_mark(j, r, "undo");
	else if (has(r, "undone"))
		read_mark(j, r, "undone");
	else if (has(r, "child"))
		return read_child(j, r, err);
	else if (has(r, "park"))
		read_hold_mark(j, r, "park");
	else if (has(r, "close"))
		read_hold_mark(j, r, "close");
	else if (has(r, "qemu"))
		j->qemu = process(r, "qemu");
	else if (has(r, "phase"))
		read_phase(j, r);
	else
		r->bad = true;
	return 0;
}

static int read_line(struct journal *j, const char *line, size_t n, const char *file,
		     unsigned number_of_line, struct err *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(4);
	struct record record = {0};
	int r = 0;

	if (!tokener)
		return err_set(err, ENOMEM, "out of memory");
	record.object = json_tokener_parse_ex(tokener, line, (int)n);
	record.bad = !record.object ||
		     !json_object_is_type(record.object, json_type_object) ||
		     json_tokener_get_parse_end(tokener) != n;
	/* The first record says whose journal it is. */
	record.bad |= !record.bad && (number_of_line == 1) != has(&record, "journal");
	if (!record.bad)
		r = read_record(j, &record, err);
	if (r < 0 && err) {
		(void)snprintf(err->file, sizeof(err->file), "%s", file);
		err->line = number_of_line;
	} else if (record.bad)
		r = err_at(err, EBADMSG, file, number_of_line,
			   "is no record of a journal: '%.*s'", (int)(n > 80 ? 80 : n),
			   line);
	json_object_put(record.object);
	json_tokener_free(tokener);
	return r;
}

int journal_parse(struct journal *journal, const char *records, size_t size,
		  const char *file, struct err *err)
{
	unsigned line = 0;

	while (journal->size < size) {
		const char *start = records + journal->size;
		const char *end = memchr(start, '\n', size - journal->size);
		int r;

		if (!end) { /* killed in the middle of its write(2) */
			journal->torn = true;
			break;
		}
		r = read_line(journal, start, (size_t)(end - start), file, ++line, err);
		if (r < 0)
			return r;
		if (journal->other_boot) /* whatever follows, nothing of it is true */
			journal->size = size;
		else
			journal->size += (size_t)(end - start) + 1;
	}
	return 0;
}

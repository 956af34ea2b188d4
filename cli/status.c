/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libsmartcols.h>
#include <string.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/words.h"
#include "cli/command.h"
#include "host/device.h"
#include "host/mdev.h"
#include "host/sysfs.h"
#include "run/journal.h"
#include "run/undo.h"

struct status {
	struct context *context;
	uint32_t only; /* 0: all */
	struct json_object *machines;
	bool damaged;
	bool kinds; /* there are machines of hooks of one kind */
};

static void put(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_word(text));
}

/* In words, from what the journal says and whether the processes in it live. */
static const char *state_of(const struct journal *j)
{
	bool parked = true;

	for (size_t i = 0; i < j->children; i++)
		if (proc_alive(j->root, &j->child[i]))
			return "working";
	if (proc_alive(j->root, &j->qemu))
		return "running";
	if (j->qemu.pid && !strcmp(j->phase, "running"))
		return "left over";
	for (size_t i = 0; i < j->holds; i++)
		parked &= !j->hold[i].open || j->hold[i].hold.shared ||
			  j->hold[i].parked[0];
	if (parked && strcmp(j->phase, "release") != 0)
		return "kept";
	return !strcmp(j->phase, "running") || !strcmp(j->phase, "prepared")
		       ? j->phase
		       : "left over";
}

/* As it is now: it may be on another parent than the first that was to be tried. */
static void put_mdev(struct json_object *o, const struct root *root,
		     const struct hold *hold)
{
	struct mdev_seen seen;

	mdev_read(root, BDF(&hold->bdf), hold->mdev.text, &seen);
	put(o, "mdev", hold->mdev.text);
	put(o, "type", seen.type);
	if (seen.parent[0])
		put(o, "device", seen.parent);
}

/* Seconds until a sweep gives it back, if it is kept for a time. */
static void put_time_left(struct json_object *o, const struct journal_hold *h)
{
	int64_t left = (int64_t)h->hold.return_after * 60 + h->parked_at - clock_boot_s();

	if (h->hold.return_after && !strcmp(h->parked, "return"))
		json_object_object_add(
			o, "left",
			json_object_new_int64(left > 0 && h->parked_at ? left : 0));
}

static struct json_object *hold_json(const struct journal *j,
				     const struct journal_hold *h)
{
	struct json_object *o = json_object_new_object();
	char text[LIMIT_NAME];

	put(o, "device", BDF(&h->hold.bdf));
	if (uuid_is_set(&h->hold.mdev))
		put_mdev(o, j->root, &h->hold);
	(void)snprintf(text, sizeof(text), "hostpci%d", h->hold.slot);
	if (h->hold.slot >= 0) /* what is done by hand is no machine's */
		put(o, "slot", text);
	json_object_object_add(o, "group", json_object_new_int(h->hold.group));
	if (sysfs_link(j->root, DEVICE_ATTR(&h->hold.bdf, "driver"), text,
		       sizeof(text)) == 0)
		put(o, "driver", text);
	undo_driver(j, &h->hold, text);
	put(o, "driver_before", text);
	put(o, "return",
	    words_name(wish_return_words, _WISH_RETURN_MAX, h->hold.return_to));
	json_object_object_add(o, "return_after",
			       json_object_new_int(h->hold.return_after));
	put(o, "kept", h->parked);
	put_time_left(o, h);
	/* A physical function: what the machine has are virtual ones of it. */
	json_object_object_add(o, "shared", json_object_new_boolean(h->hold.shared));
	json_object_object_add(o, "changed",
			       json_object_new_boolean(undo_is_left(j, &h->hold)));
	return o;
}

/* The last report, if there is one to read. */
static struct json_object *last_report(const struct root *root, uint32_t vmid,
				       enum scope scope)
{
	_cleanup_free_ char *text = NULL;
	char name[REPORT_NAME], path[sizeof(JOURNAL_FOLDER) + REPORT_NAME];

	report_file_name(vmid, scope, name);
	(void)snprintf(path, sizeof(path), "%s/%s", JOURNAL_FOLDER, name);
	if (file_read(root, path, LIMIT_JOURNAL, &text, NULL) < 0)
		return NULL;
	return json_tokener_parse(text);
}

static struct json_object *add_machine(struct status *s, uint32_t vmid, enum scope scope,
				       const struct journal *j)
{
	struct json_object *o = json_object_new_object(),
			   *devices = json_object_new_array();
	struct json_object *report = last_report(&s->context->root, vmid, scope);

	json_object_object_add(o, "vmid", json_object_new_int64(vmid));
	if (scope)
		put(o, "kind", scope_words[scope]);
	s->kinds |= scope != SCOPE_ALL;
	put(o, "state", j ? state_of(j) : "none");
	for (size_t i = 0; j && i < j->holds; i++)
		if (j->hold[i].open)
			json_object_array_add(devices, hold_json(j, &j->hold[i]));
	json_object_object_add(o, "devices", devices);
	if (report)
		json_object_object_add(o, "last", report);
	json_object_array_add(s->machines, o);
	return o;
}

/* It may hold devices: nobody can say which. As JSON it is in the list. */
static void add_unreadable(struct status *s, uint32_t vmid, enum scope scope,
			   const struct err *err)
{
	char text[sizeof(*err)];
	struct json_object *o;

	s->damaged = true;
	(void)err_text(err, text, sizeof(text));
	if (s->context->format == FORMAT_TEXT)
		(void)fprintf(stderr, "hostpci: %s\n", text);
	o = add_machine(s, vmid, scope, NULL);
	put(o, "state", "unreadable");
	put(o, "error", text);
}

static int each(void *context, uint32_t vmid, enum scope scope)
{
	struct status *s = context;
	_cleanup_(journal_freep) struct journal *j = NULL;
	struct err err;
	int r;

	if (s->only && s->only != vmid)
		return 0;
	r = journal_read(&s->context->root, vmid, scope, &j, &err);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		add_unreadable(s, vmid, scope, &err);
	else if (!j->other_boot)
		(void)add_machine(s, vmid, scope, j);
	return 0;
}

/* What is not there, and null, is empty. */
static const char *get(struct json_object *o, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(o, name, &value) && value
		       ? json_object_get_string(value)
		       : "";
}

/* A VMID; what was done by hand is the host's own. */
static const char *owner_of(struct json_object *machine)
{
	const char *vmid = get(machine, "vmid");

	return strcmp(vmid, "0") != 0 ? vmid : "host";
}

/* "vfio", "vfio 5 min": what is kept goes back then. */
enum { RETURN_TEXT = 48 };
static const char *return_text(struct json_object *device, char buf[static RETURN_TEXT])
{
	struct json_object *left;

	if (json_object_object_get_ex(device, "left", &left))
		(void)snprintf(buf, RETURN_TEXT, "%s %lld min", get(device, "return"),
			       (long long)(json_object_get_int64(left) + 59) / 60);
	else
		(void)snprintf(buf, RETURN_TEXT, "%s", get(device, "return"));
	return buf;
}

static void add_row(struct libscols_table *table, struct json_object *machine,
		    struct json_object *device, bool kinds)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	const char *before = get(device, "driver_before"), *slot = get(device, "slot");
	bool mdev = get(device, "mdev")[0];
	char text[RETURN_TEXT];

	if (!line)
		return;
	(void)scols_line_set_data(line, 0, owner_of(machine));
	(void)scols_line_set_data(line, 1, get(machine, "state"));
	(void)scols_line_set_data(line, 2, slot[0] ? slot : "-");
	(void)scols_line_set_data(line, 3, get(device, mdev ? "mdev" : "device"));
	(void)scols_line_set_data(line, 4, get(device, mdev ? "type" : "driver"));
	(void)scols_line_set_data(line, 5, before[0] ? before : "-");
	(void)scols_line_set_data(line, 6, return_text(device, text));
	if (kinds)
		(void)scols_line_set_data(line, 7, get(machine, "kind"));
}

/* NULL: it went well, or there is none. */
static struct json_object *failed_report(struct json_object *machine)
{
	struct json_object *last, *ok;

	return json_object_object_get_ex(machine, "last", &last) &&
			       json_object_object_get_ex(last, "ok", &ok) &&
			       !json_object_get_boolean(ok)
		       ? last
		       : NULL;
}

/* Of one machine all that the gate said to it. */
static void print_last(const struct status *s, struct json_object *machine)
{
	struct json_object *last = failed_report(machine);
	_cleanup_(findings_free) struct findings findings = {0};

	if (!last)
		return;
	report_read_findings(last, &findings);
	(void)printf("VM %s: the last %s%s%s failed%s%s", get(machine, "vmid"),
		     get(machine, "kind"), get(machine, "kind")[0] ? " " : "",
		     get(last, "phase"),
		     get(last, "error")[0] ? ": " : ": refused by the gate",
		     get(last, "error"));
	if (findings.n && !s->only)
		(void)printf(" (hostpci status %s says why)", get(machine, "vmid"));
	(void)printf("\n");
	if (s->only)
		report_findings(&findings, REPORT_GATE, stdout);
}

static void print_table(const struct status *s)
{
	static const char *const columns[] = {"VM",	"STATE",  "SLOT",  "DEVICE",
					      "DRIVER", "BEFORE", "RETURN"};
	struct libscols_table *table = scols_new_table();
	struct json_object *machines = s->machines;
	size_t n = json_object_array_length(machines), rows = 0;

	for (size_t i = 0; table && i < ARRAY_SIZE(columns); i++)
		(void)scols_table_new_column(table, columns[i], 0, 0);
	if (table && s->kinds)
		(void)scols_table_new_column(table, "KIND", 0, 0);
	for (size_t i = 0; table && i < n; i++) {
		struct json_object *machine = json_object_array_get_idx(machines, i),
				   *devices;

		(void)json_object_object_get_ex(machine, "devices", &devices);
		for (size_t d = 0; d < json_object_array_length(devices); d++, rows++)
			add_row(table, machine, json_object_array_get_idx(devices, d),
				s->kinds);
	}
	if (rows)
		(void)scols_print_table(table);
	else if (s->only && !s->damaged)
		(void)printf("VM %u holds no device\n", s->only);
	else if (!s->damaged)
		(void)printf("no machine holds a device\n");
	scols_unref_table(table);
	for (size_t i = 0; i < n; i++)
		print_last(s, json_object_array_get_idx(machines, i));
}

/* It holds nothing, and what it last did is there because it failed. */
static int each_report(void *context, uint32_t vmid, enum scope scope)
{
	struct status *s = context;
	struct json_object *machine;

	if ((s->only && s->only != vmid) ||
	    journal_exists(&s->context->root, vmid, scope))
		return 0;
	machine = add_machine(s, vmid, scope, NULL);
	if (!failed_report(machine))
		(void)json_object_array_del_idx(
			s->machines, json_object_array_length(s->machines) - 1, 1);
	return 0;
}

static int run(struct context *context)
{
	struct status s = {.context = context, .machines = json_object_new_array()};
	char text[sizeof(struct err)];
	struct err err;
	int r;

	if (context->arguments && !argument_vmid(context, 0, &s.only)) {
		json_object_put(s.machines);
		return EXIT_CODE_USAGE;
	}
	r = journal_each(&context->root, each, &s);
	s.damaged |= r < 0;
	if (r < 0) {
		(void)err_set(&err, -r, "%s: %s", JOURNAL_FOLDER, strerror(-r));
		(void)fprintf(stderr, "hostpci: %s\n",
			      err_text(&err, text, sizeof(text)));
	} else
		r = journal_each_report(&context->root, each_report, &s);
	if (s.only && !json_object_array_length(s.machines) && !s.damaged)
		(void)add_machine(&s, s.only, SCOPE_ALL, NULL);
	if (context->format != FORMAT_TEXT) {
		json_print(context, s.machines);
	} else {
		print_table(&s);
		json_object_put(s.machines);
	}
	return r < 0 || s.damaged ? EXIT_CODE_REFUSED : EXIT_CODE_DONE;
}

const struct command command_status = {
	.name = "status",
	.arguments = "[VMID]",
	.summary = "show which machine holds what, and what became of its last run",
	.help = "STATE is prepared (pre-start is done), running (QEMU lives), kept "
		"(stopped; its\n"
		"devices wait for the next start or for hostpci release), working (a "
		"write is\n"
		"under way or stuck) or left over. BEFORE is the driver that a device "
		"goes back to.\n"
		"Of a mediated device DEVICE is its UUID, and DRIVER its type. KIND, if "
		"there is "
		"any: what is\n"
		"held by a hook of one kind (hostpci-mdev, hostpci-sriov), or by hand. "
		"Below it: whose last\n"
		"run failed, and of one machine all that the gate said. hostpci release "
		"forgets it.\n",
	.min = 0,
	.max = 1,
	.run = run,
};

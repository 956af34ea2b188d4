/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <string.h>

#include "cli/command.h"
#include "run/journal.h"
#include "run/new-id.h"

/* What became of all machines. */
struct sweep {
	struct context *context;
	struct json_object *machines;
	unsigned found[_STANDING_MAX];
	/* Of those that no longer run: */
	unsigned failed;
	unsigned parted; /* went back but for what is kept */
	unsigned parked; /* keep all that they had */
	bool left, busy;
	struct new_ids ids;
};

static bool is_dry(const struct context *context)
{
	return context->value[OPTION_DRY_RUN];
}

/* There is more to say than that its journal went meanwhile. */
static bool did_something(const struct outcome *outcome)
{
	return outcome->standing == STANDING_OVER &&
	       (outcome->deeds.n || outcome->notes.n > 1);
}

static void show(struct sweep *s, const struct outcome *outcome)
{
	const struct context *c = s->context;
	bool dry = is_dry(c) && outcome->standing == STANDING_OVER;

	if (c->format != FORMAT_TEXT)
		json_object_array_add(s->machines, report_json(outcome));
	else if (outcome->exit || did_something(outcome) || !c->value[OPTION_QUIET])
		report_text(&c->root, outcome,
			    dry || c->value[OPTION_VERBOSE] ? REPORT_PLAN : REPORT_HOOK,
			    outcome->exit ? stderr : stdout);
}

static void count_over(struct sweep *s, const struct outcome *outcome)
{
	if (outcome->exit)
		s->failed++;
	else if (outcome->kept && outcome->deeds.n)
		s->parted++;
	else if (outcome->kept)
		s->parked++;
}

static int each(void *context, uint32_t vmid, enum scope scope)
{
	struct sweep *s = context;
	struct request request = {
		.root = &s->context->root,
		.node = s->context->value[OPTION_NODE],
		.vmid = vmid,
		.scope = scope,
		.change = CHANGE_SWEEP,
		.dry = is_dry(s->context),
	};
	_cleanup_(outcome_free) struct outcome outcome;
	int code = machine_change(&request, &outcome);

	s->found[outcome.standing]++;
	if (outcome.standing == STANDING_OVER)
		count_over(s, &outcome);
	s->left |= code && code != EXIT_CODE_BUSY;
	s->busy |= code == EXIT_CODE_BUSY;
	/* The last report of a machine that was left alone says why its start failed. */
	if (outcome.standing == STANDING_OVER)
		report_store(&s->context->root, &outcome);
	show(s, &outcome);
	return 0;
}

static void print_count(unsigned n, const char *what, const char **between)
{
	if (!n)
		return;
	(void)printf("%s%u %s", *between, n, what);
	*between = ", ";
}

static void print_grabbed(const struct grabbed *g)
{
	if (g->removed)
		(void)printf("hostpci: %s [%04x:%04x] was grabbed by an id in vfio-pci's "
			     "new_id: the id is removed\n",
			     BDF(&g->bdf), g->vendor, g->product);
	else if (g->absent)
		(void)printf("hostpci: %s [%04x:%04x] is on vfio-pci though nobody has "
			     "it; vfio-pci does not grab more of them\n"
			     "hostpci:          what to do: echo %s > "
			     "/sys/bus/pci/drivers/vfio-pci/unbind, then into "
			     "/sys/bus/pci/drivers_probe\n",
			     BDF(&g->bdf), g->vendor, g->product, BDF(&g->bdf));
	else
		(void)printf("hostpci: %s [%04x:%04x] is on vfio-pci though nobody has "
			     "it: an id in its new_id grabs each one that is made "
			     "(Proxmox writes it at a start and leaves it there)\n"
			     "hostpci:          what to do: echo %04x %04x > "
			     "/sys/bus/pci/drivers/vfio-pci/remove_id, or new-id = "
			     "\"remove\" in hostpci.conf\n",
			     BDF(&g->bdf), g->vendor, g->product, g->vendor, g->product);
}

static void print_all(const struct sweep *s)
{
	const char *between = "hostpci: machines: ";
	bool dry = is_dry(s->context);

	for (size_t i = 0; i < s->ids.n; i++)
		print_grabbed(&s->ids.item[i]);

	print_count(s->found[STANDING_OVER] - s->failed - s->parted - s->parked,
		    dry ? "to be taken back" : "taken back", &between);
	print_count(s->parted,
		    dry ? "to be taken back but for kept devices"
			: "taken back but for kept devices",
		    &between);
	print_count(s->failed, "not taken back", &between);
	print_count(s->found[STANDING_UNKNOWN], "not to be told", &between);
	print_count(s->found[STANDING_BUSY], "being worked on", &between);
	print_count(s->found[STANDING_STARTS], "starting or stopping", &between);
	print_count(s->found[STANDING_RUNS], "running", &between);
	print_count(s->found[STANDING_KEPT] + s->parked, "keeping devices", &between);
	(void)printf("%s\n", between[0] == ',' ? "" : "hostpci: nothing is left over");
}

/* What cannot be found out, or is not removed this time, is no failure of the sweep. */
static void look_for_ids(struct sweep *s)
{
	const struct root *root = &s->context->root;
	_cleanup_(spec_free) struct spec spec = {0};
	struct notes notes = {0};
	struct err err;

	if (new_ids_find(root, &s->ids, &err) < 0) {
		notes_add_err(&notes, &err);
	} else if (s->ids.n && !is_dry(s->context)) {
		if (spec_load_host(root, s->context->value[OPTION_NODE], &spec, &err) <
			    0 ||
		    (spec.host.new_id == WISH_NEW_ID_REMOVE &&
		     new_ids_remove(root, &s->ids, &err) < 0))
			notes_add_err(&notes, &err);
	}
	warn_all(s->context, &notes);
	notes_free(&notes);
}

static int verdict(const struct sweep *s)
{
	if (s->left)
		return EXIT_CODE_LEFT;
	return s->busy ? EXIT_CODE_BUSY : EXIT_CODE_DONE;
}

static struct json_object *grabbed_json(const struct grabbed *g)
{
	struct json_object *o = json_object_new_object();
	char id[16];

	(void)snprintf(id, sizeof(id), "%04x:%04x", g->vendor, g->product);
	json_object_object_add(o, "device", json_object_new_string(BDF(&g->bdf)));
	json_object_object_add(o, "id", json_object_new_string(id));
	json_object_object_add(o, "removed", json_object_new_boolean(g->removed));
	return o;
}

static void print_json(struct sweep *s, int code)
{
	struct json_object *o = json_object_new_object(), *ids = json_object_new_array();

	json_object_object_add(o, "ok", json_object_new_boolean(!code));
	json_object_object_add(o, "exit", json_object_new_int(code));
	json_object_object_add(o, "dry", json_object_new_boolean(is_dry(s->context)));
	json_object_object_add(o, "machines", s->machines);
	json_object_object_add(o, "new_ids", ids);
	for (size_t i = 0; i < s->ids.n; i++)
		json_object_array_add(ids, grabbed_json(&s->ids.item[i]));
	json_print(s->context, o);
}

static int run(struct context *context)
{
	struct sweep s = {.context = context, .machines = json_object_new_array()};
	struct err err;
	int code, r;

	if (!command_is_root(context, "sweep")) {
		json_object_put(s.machines);
		return EXIT_CODE_REFUSED;
	}
	/* The next machine is not to wait for somebody who reads. */
	(void)signal(SIGPIPE, SIG_IGN);
	r = journal_each(&context->root, each, &s);
	if (r < 0) {
		json_object_put(s.machines);
		(void)err_set(&err, -r, "%s: %s", JOURNAL_FOLDER, strerror(-r));
		return error_print(context, EXIT_CODE_REFUSED, &err);
	}
	look_for_ids(&s);
	code = verdict(&s);
	if (context->format != FORMAT_TEXT) {
		print_json(&s, code);
	} else {
		if (!context->value[OPTION_QUIET])
			print_all(&s);
		json_object_put(s.machines);
	}
	new_ids_free(&s.ids);
	return code;
}

const struct command command_sweep = {
	.name = "sweep",
	.arguments = "",
	.summary = "take back what machines that no longer run have left over",
	.help = "For after a crash, a start that failed behind the hook, or a stop that "
		"never came.\n"
		"Machines that run, start or stop are left alone, and so is one of which "
		"that cannot\n"
		"be told.\n"
		"Exit code: 0 nothing is left over, 2 something is, or it cannot be "
		"told, 75\n"
		"another run works on a machine: try again.\n",
	.options = 1U << OPTION_DRY_RUN,
	.min = 0,
	.max = 0,
	.run = run,
};

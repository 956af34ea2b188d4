/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/table.h"
#include "host/sysfs.h"
#include "run/claims.h"
#include "spec/pf-name.h"

/* What there is, and who has what. */
struct view {
	struct context *context;
	struct spec spec;
	struct pfs pfs;
	struct facts *facts; /* for the claims */
	struct json_object *list;
};

static void view_free(struct view *v)
{
	spec_free(&v->spec);
	v->facts = facts_free(v->facts);
}

static int add_pf(void *context, const char *address)
{
	struct view *v = context;
	struct bdf bdf;

	if (bdf_parse(address, &bdf) == 0)
		(void)pfs_at(&v->pfs, &bdf);
	return 0;
}

static int look(struct view *v, struct err *err)
{
	struct notes notes = {0};
	int r = spec_load_host(&v->context->root, v->context->value[OPTION_NODE],
			       &v->spec, err);

	if (r < 0)
		return r;
	v->pfs.root = &v->context->root;
	v->pfs.spec = &v->spec;
	v->facts = facts_new();
	r = v->facts ? claims_gather(&v->context->root, 0, v->facts, &notes, err)
		     : err_set(err, ENOMEM, "out of memory");
	notes_free(&notes);
	if (r == 0)
		r = pfs_declared(&v->pfs);
	if (r == 0)
		r = sysfs_each(&v->context->root, "bus/pci/devices", SYSFS_LINKS, add_pf,
			       v);
	return r < 0 && !err->code ? err_set(err, -r, "/sys: %s", strerror(-r)) : r;
}

/* The VMIDs that have it. */
static struct json_object *holders_json(const struct view *v, const struct bdf *bdf)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < v->facts->claims; i++)
		if (bdf_equal(&v->facts->claim[i].bdf, bdf))
			json_object_array_add(
				list, json_object_new_int64(v->facts->claim[i].vmid));
	return list;
}

static int add_name(void *context, const char *name)
{
	json_object_array_add(context, json_object_new_string(name));
	return 0;
}

/* Its network interfaces: one that is in a container's name space does not show. */
static struct json_object *interfaces_json(const struct view *v, const struct bdf *bdf)
{
	struct json_object *list = json_object_new_array();

	(void)!sysfs_each(&v->context->root, DEVICE_ATTR(bdf, "net"), SYSFS_FOLDERS,
			  add_name, list);
	return list;
}

static void put(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_object_new_string(text));
}

static void put_number(struct json_object *to, const char *name, unsigned value)
{
	json_object_object_add(to, name, json_object_new_int64(value));
}

static void list_one(struct view *v, const struct pf *pf)
{
	struct json_object *o = json_object_new_object();
	bool wants = pf->policy && wish_has(&pf->policy->wish, KEY_VFS);

	put(o, "device", BDF(&pf->device.bdf));
	json_object_object_add(o, "interfaces", interfaces_json(v, &pf->device.bdf));
	json_object_object_add(o, "driver", json_word(pf->device.driver));
	put_number(o, "vfs", pf->device.vfs);
	put_number(o, "most", pf->total);
	json_object_object_add(o, "policy",
			       wants ? json_object_new_int64(pf_wanted(pf)) : NULL);
	json_object_object_add(o, "autoprobe",
			       pf->autoprobe[0]
				       ? json_object_new_boolean(pf->autoprobe[0] == '1')
				       : NULL);
	json_object_object_add(o, "machines", holders_json(v, &pf->device.bdf));
	json_object_array_add(v->list, o);
}

/* The function's address by its link; false: there is none. */
static bool find_vf(const struct view *v, const struct pf *pf, unsigned index,
		    struct device *ret)
{
	char name[32], address[32];
	struct bdf bdf;

	(void)snprintf(name, sizeof(name), "virtfn%u", index);
	return sysfs_link(&v->context->root, DEVICE_ATTR(&pf->device.bdf, name), address,
			  sizeof(address)) == 0 &&
	       bdf_parse(address, &bdf) == 0 &&
	       device_read(&v->context->root, &bdf, ret) == 0;
}

static void show_one(struct view *v, const struct pf *pf)
{
	for (unsigned i = 0; i < pf->device.vfs; i++) {
		struct json_object *o;
		struct device d;

		if (!find_vf(v, pf, i, &d))
			continue;
		o = json_object_new_object();
		put_number(o, "index", i);
		put(o, "device", BDF(&d.bdf));
		json_object_object_add(o, "interfaces", interfaces_json(v, &d.bdf));
		json_object_object_add(o, "driver", json_word(d.driver));
		json_object_object_add(o, "group", json_object_new_int(d.group));
		json_object_object_add(o, "machines", holders_json(v, &d.bdf));
		json_object_array_add(v->list, o);
	}
}

struct found {
	struct pf *pf;
	unsigned n;
};

static int count(void *context, struct pf *pf)
{
	struct found *found = context;

	found->pf = pf;
	found->n++;
	return 0;
}

/* The one that argument @n names; NULL after saying that it is none. */
static struct pf *argument_pf(struct view *v, int n, int *ret_code)
{
	const char *name = v->context->argument[n];
	struct found found = {0};
	struct err err;

	if (pfs_each(&v->pfs, name, count, &found) == -EINVAL) {
		*ret_code = usage_error(v->context->command,
					"'%s' names no physical function: it is %s", name,
					PF_NAME_FORM);
		return NULL;
	}
	if (found.n == 1)
		return found.pf;
	(void)err_set(&err, ENODEV, "%s: %s (hostpci sriov list shows all)", name,
		      found.n ? "that is more than one physical function"
			      : "no physical function of this host is that");
	*ret_code = error_print(v->context, EXIT_CODE_REFUSED, &err);
	return NULL;
}

static int set(struct view *v)
{
	struct context *c = v->context;
	struct json_object *report;
	struct outcome outcome;
	int code = EXIT_CODE_DONE;
	struct apply apply;
	struct pf *pf;
	uint64_t n;

	if (c->arguments != 3 || number_parse(c->argument[2], LIMIT_VFS, &n) < 0)
		return usage_error(c->command,
				   "set needs a physical function and a number from 0 "
				   "to %d",
				   LIMIT_VFS);
	if (!command_is_root(c, "sriov set"))
		return EXIT_CODE_REFUSED;
	pf = argument_pf(v, 1, &code);
	if (!pf)
		return code;
	apply = apply_asked(c, &(struct apply){.spec = &v->spec,
					       .what = "sriov set",
					       .bdf = pf->device.bdf,
					       .vfs = (int)n});
	apply_run(&apply, 1, &outcome);
	report = apply_tell(c, &outcome);
	if (report)
		json_print(c, report);
	code = outcome.exit;
	outcome_free(&outcome);
	return code;
}

static void print_list(const struct view *v, const struct pf *only)
{
	static const char *const of_pfs[] = {"device", "interfaces", "driver",	"vfs",
					     "most",   "policy",     "machines"};
	static const char *const of_vfs[] = {"index",  "device", "interfaces",
					     "driver", "group",	 "machines"};
	char none[80] = "no physical function of this host can have virtual ones";

	if (only)
		(void)snprintf(none, sizeof(none), "%s has no virtual function",
			       BDF(&only->device.bdf));
	table_print(v->list, only ? of_vfs : of_pfs,
		    only ? ARRAY_SIZE(of_vfs) : ARRAY_SIZE(of_pfs), none);
}

static int print(struct view *v, const struct pf *only)
{
	const struct pf *pf[LIMIT_PFS];
	unsigned n = pfs_in_order(&v->pfs, false, pf);

	v->list = json_object_new_array();
	for (unsigned i = 0; i < n; i++) {
		if (only && only == pf[i])
			show_one(v, pf[i]);
		else if (!only)
			list_one(v, pf[i]);
	}
	if (v->context->format != FORMAT_TEXT) {
		json_print(v->context, v->list);
		return EXIT_CODE_DONE;
	}
	print_list(v, only);
	json_object_put(v->list);
	return EXIT_CODE_DONE;
}

static int dispatch(struct view *v)
{
	const struct context *c = v->context;
	int code = EXIT_CODE_DONE;
	struct pf *pf;

	if (!strcmp(c->argument[0], "list") && c->arguments == 1)
		return print(v, NULL);
	if (!strcmp(c->argument[0], "set"))
		return set(v);
	if (strcmp(c->argument[0], "show") != 0 || c->arguments != 2)
		return usage_error(c->command, "it is list, show PF, or set PF N");
	pf = argument_pf(v, 1, &code);
	return pf ? print(v, pf) : code;
}

static int run(struct context *context)
{
	struct view *v = calloc(1, sizeof(*v));
	struct err err = {0};
	int code;

	if (!v)
		return EXIT_CODE_REFUSED;
	v->context = context;
	if (look(v, &err) < 0) {
		code = error_print(context, EXIT_CODE_CONFIG, &err);
	} else {
		warn_all(context, &v->spec.notes);
		code = dispatch(v);
	}
	view_free(v);
	free(v);
	return code;
}

const struct command command_sriov = {
	.name = "sriov",
	.arguments = "list|show PF|set PF N",
	.summary = "physical functions and their virtual ones: who has them, how many",
	.help = "PF is an address (01:00.0), or id=VENDOR:DEVICE, serial=, mac=, netdev= "
		"or "
		"slot=, if\n"
		"one card is that. set makes N virtual functions, 0 removes them; while "
		"anybody uses\n"
		"one it is refused. They stay until the next reboot: hostpci.conf "
		"declares "
		"what is\n"
		"to be there always.\n"
		"Exit code: 0 done, 1 refused or failed, the host as before, 2 failed, "
		"not "
		"all could be\n"
		"taken back, 75 another run is at it, 78 the policy is wrong.\n",
	.options = 1U << OPTION_DRY_RUN,
	.min = 1,
	.max = 3,
	.run = run,
};

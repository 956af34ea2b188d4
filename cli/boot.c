/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "cli/sriov.h"
#include "run/policy-copy.h"

/* The entries of the policy whose physical function is not there yet, or has no driver.
 */
struct wait {
	const struct spec *spec;
	struct pfs *pfs;
	bool missing[LIMIT_PFS];
	bool driverless;
};

static int see(void *context, struct pf *pf)
{
	struct wait *w = context;

	w->driverless |= !pf->device.driver[0];
	return 1;
}

/* False: there is something to wait for. */
static bool all_there(const struct root *root, struct wait *w)
{
	bool all = true;

	*w->pfs = (struct pfs){.root = root, .spec = w->spec};
	w->driverless = false;
	for (unsigned i = 0; i < w->spec->sriov.n; i++) {
		const struct wish *wish = &w->spec->sriov.item[i].wish;

		w->missing[i] = pfs_each(w->pfs, wish->pf, see, w) != 1;
		all &= !w->missing[i];
	}
	return all && !w->driverless;
}

/* Cards are found, and their drivers come, while this runs; nobody waits for ever. */
static void await_cards(const struct context *context, struct wait *w)
{
	int64_t end = clock_ms() + LIMIT_BOOT_MS;

	while (!all_there(&context->root, w) && clock_ms() < end &&
	       !context->value[OPTION_DRY_RUN])
		clock_sleep_ms(LIMIT_BOOT_POLL_MS);
}

/* What is missing does not keep the others from being set. Into @list, as JSON. */
static int tell_missing(const struct context *context, const struct wait *w,
			struct json_object *list)
{
	char text[sizeof(struct err)];
	int code = EXIT_CODE_DONE;
	struct err err;

	for (unsigned i = 0; i < w->spec->sriov.n; i++) {
		const struct sriov *s = &w->spec->sriov.item[i];

		if (!w->missing[i])
			continue;
		(void)err_at(&err, ENODEV, s->file, s->line,
			     "pf %s: no physical function is that, %s (hostpci sriov "
			     "list shows all)",
			     s->wish.pf,
			     context->value[OPTION_DRY_RUN] ? "now"
							    : "waited for in vain");
		(void)err_text(&err, text, sizeof(text));
		if (context->format == FORMAT_TEXT)
			(void)fprintf(stderr, "hostpci: boot: %s\n", text);
		json_object_array_add(list, json_object_new_string(text));
		code = EXIT_CODE_REFUSED;
	}
	return code;
}

static int apply_all(struct context *context, const struct spec *spec, struct pfs *pfs,
		     struct json_object *reports)
{
	const struct pf *pf[LIMIT_PFS];
	int code = EXIT_CODE_DONE;
	unsigned n;

	if (pfs_declared(pfs) < 0)
		return EXIT_CODE_REFUSED;
	n = pfs_in_order(pfs, false, pf);
	for (unsigned i = 0; i < n; i++) {
		struct json_object *report = NULL;
		int one;

		if (!pf[i]->policy || !wish_has(&pf[i]->policy->wish, KEY_VFS))
			continue;
		one = sriov_apply(context, spec, "boot", &pf[i]->device.bdf, -1, &report);
		if (report)
			json_object_array_add(reports, report);
		/* What is left behind is worse than what was refused, and that than busy.
		 */
		if (one == EXIT_CODE_LEFT || code == EXIT_CODE_DONE ||
		    (one == EXIT_CODE_REFUSED && code == EXIT_CODE_BUSY))
			code = one ? one : code;
	}
	return code;
}

/* {"ok":BOOL,"exit":N,"dry":BOOL,"errors":[TEXT...],"reports":[...]} */
static int carry_out(struct context *context, const struct wait *wait)
{
	struct json_object *o = json_object_new_object();
	struct json_object *errors = json_object_new_array(),
			   *reports = json_object_new_array();
	int missing = tell_missing(context, wait, errors);
	int code = apply_all(context, wait->spec, wait->pfs, reports);

	code = code ? code : missing;
	json_object_object_add(o, "ok", json_object_new_boolean(!code));
	json_object_object_add(o, "exit", json_object_new_int(code));
	json_object_object_add(
		o, "dry",
		json_object_new_boolean(context->value[OPTION_DRY_RUN] != NULL));
	json_object_object_add(o, "errors", errors);
	json_object_object_add(o, "reports", reports);
	if (context->format != FORMAT_TEXT)
		json_print(context, o);
	else
		json_object_put(o);
	return code;
}

static int run(struct context *context)
{
	_cleanup_(spec_free) struct spec spec = {0};
	_cleanup_free_ struct pfs *pfs = calloc(1, sizeof(*pfs));
	struct wait wait = {.spec = &spec, .pfs = pfs};
	struct notes told = {0};
	struct err err;

	if (!command_is_root(context, "boot"))
		return EXIT_CODE_REFUSED;
	if (!pfs)
		return EXIT_CODE_REFUSED;
	if (policy_copy_load(&context->root, context->value[OPTION_NODE], &spec, &told,
			     &err) < 0)
		return error_print(context, EXIT_CODE_CONFIG, &err);
	if (!context->value[OPTION_DRY_RUN])
		policy_copy_refresh(&context->root, &told);
	warn_all(context, &spec.notes);
	for (size_t i = 0; i < told.n && !context->value[OPTION_QUIET]; i++)
		(void)fprintf(stderr, "hostpci: boot: %s\n", told.text[i]);
	notes_free(&told);
	await_cards(context, &wait);
	return carry_out(context, &wait);
}

const struct command command_boot = {
	.name = "boot",
	.arguments = "",
	.summary = "make the virtual functions that hostpci.conf declares",
	.help = "For the time before bridges and machines need them: waits, bounded, for "
		"the cards and\n"
		"their drivers, one physical function after the other in the order of "
		"addresses. What\n"
		"is so already, and what anybody uses, is left alone. As /etc/pve is not "
		"there yet, the\n"
		"copy of the cluster's policy that later runs leave in /var/lib/hostpci "
		"is "
		"read.\n"
		"Exit code: 0 all is as declared, 1 something was refused, or a card is "
		"missing, 2\n"
		"something failed and could not be taken back, 75 another run is at it, "
		"78 the policy\n"
		"is wrong.\n",
	.options = 1U << OPTION_DRY_RUN,
	.min = 0,
	.max = 0,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/boot.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "run/policy-copy.h"

bool boot_waits(struct boot *boot)
{
	if (boot->context->value[OPTION_DRY_RUN] || clock_ms() >= boot->wait.end)
		return false;
	progress_waits(&boot->wait, "what hostpci.conf declares is not all there yet, or "
				    "has no driver");
	clock_sleep_ms(LIMIT_BOOT_POLL_MS);
	return true;
}

/* What is left behind is worse than what was refused, and that than busy. */
static void remember(struct boot *boot, int code)
{
	if (code == EXIT_CODE_LEFT || boot->code == EXIT_CODE_DONE ||
	    (code == EXIT_CODE_REFUSED && boot->code == EXIT_CODE_BUSY))
		boot->code = code ? code : boot->code;
}

void boot_missing(struct boot *boot, const struct err *err)
{
	char text[sizeof(*err)];

	(void)err_text(err, text, sizeof(text));
	if (boot->context->format == FORMAT_TEXT)
		(void)fprintf(stderr, "hostpci: boot: %s\n", text);
	json_object_array_add(boot->errors, json_object_new_string(text));
	remember(boot, EXIT_CODE_REFUSED);
}

void boot_apply(struct boot *boot, struct apply *apply, size_t n)
{
	_cleanup_free_ struct outcome *outcome = calloc(n + 1, sizeof(*outcome));

	if (!outcome) {
		remember(boot, EXIT_CODE_REFUSED);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		apply[i] = apply_asked(boot->context, &apply[i]);
		apply[i].spec = boot->spec;
		apply[i].what = "boot";
	}
	apply_run(apply, n, outcome);
	for (size_t i = 0; i < n; i++) {
		struct json_object *report = apply_tell(boot->context, &outcome[i]);

		remember(boot, outcome[i].exit);
		if (report) {
			json_object_object_add(
				report, "device",
				json_object_new_string(BDF(&apply[i].bdf)));
			json_object_array_add(boot->reports, report);
		}
		outcome_free(&outcome[i]);
	}
}

static int see(void *context, struct pf *pf)
{
	struct boot *boot = context;

	boot->driverless |= !pf->device.driver[0];
	return 1;
}

/* False: there is something to wait for. */
static bool find_pfs(struct boot *boot)
{
	const struct sriov_list *list = &boot->spec->sriov;
	bool all = true;

	*boot->pfs = (struct pfs){.root = &boot->context->root, .spec = boot->spec};
	boot->driverless = false;
	for (unsigned i = 0; i < list->n; i++) {
		boot->missing[i] =
			pfs_each(boot->pfs, list->item[i].wish.pf, see, boot) != 1;
		all &= !boot->missing[i];
	}
	return all && !boot->driverless;
}

static void make_vfs(struct boot *boot)
{
	const struct sriov_list *list = &boot->spec->sriov;
	const struct pf *pf[LIMIT_PFS];
	struct err err;
	unsigned n;

	for (unsigned i = 0; i < list->n; i++) {
		const struct sriov *s = &list->item[i];

		if (!boot->missing[i])
			continue;
		(void)err_at(&err, ENODEV, s->file, s->line,
			     "pf %s: no physical function is that, %s (hostpci sriov "
			     "list shows all)",
			     s->wish.pf, BOOT_WHEN(boot));
		boot_missing(boot, &err);
	}
	if (pfs_declared(boot->pfs) < 0)
		remember(boot, EXIT_CODE_REFUSED);
	n = pfs_in_order(boot->pfs, false, pf);
	for (unsigned i = 0; i < n; i++)
		if (pf[i]->policy && wish_has(&pf[i]->policy->wish, KEY_VFS))
			boot_apply(boot,
				   &(struct apply){.bdf = pf[i]->device.bdf, .vfs = -1},
				   1);
}

/*
 * Drivers first, before those of the host take the devices; but some of the devices may
 * be virtual functions that are still to be made.
 */
static void carry_out(struct boot *boot)
{
	(void)boot_drivers(boot);
	while (!find_pfs(boot) && boot_waits(boot))
		(void)boot_drivers(boot);
	make_vfs(boot);
	while (!boot_drivers(boot) && boot_waits(boot))
		;
	boot_drivers_missing(boot);
}

/* {"ok":BOOL,"exit":N,"dry":BOOL,"errors":[TEXT...],"reports":[...]}; @why, if not NULL,
 * nothing was looked at, as "error". */
static void print(struct boot *boot, const char *why)
{
	bool dry = boot->context->value[OPTION_DRY_RUN] != NULL;
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "ok", json_object_new_boolean(!boot->code));
	if (why)
		json_object_object_add(o, "error", json_object_new_string(why));
	json_object_object_add(o, "exit", json_object_new_int(boot->code));
	json_object_object_add(o, "dry", json_object_new_boolean(dry));
	json_object_object_add(o, "errors", boot->errors);
	json_object_object_add(o, "reports", boot->reports);
	if (boot->context->format != FORMAT_TEXT)
		json_print(boot->context, o);
	else
		json_object_put(o);
}

/* The policy cannot be read: nothing was done. */
static int refuse(struct context *context, const struct err *err)
{
	struct boot boot = {
		.context = context,
		.errors = json_object_new_array(),
		.reports = json_object_new_array(),
		.code = EXIT_CODE_CONFIG,
	};
	char text[sizeof(*err)];

	if (context->format == FORMAT_TEXT)
		(void)error_print(context, boot.code, err);
	print(&boot, err_text(err, text, sizeof(text)));
	return boot.code;
}

static int boot_run(struct context *context, const struct spec *spec)
{
	_cleanup_free_ struct pfs *pfs = calloc(1, sizeof(*pfs));
	struct boot boot = {
		.context = context,
		.spec = spec,
		.wait = progress_wait(clock_ms() + LIMIT_BOOT_MS),
		.pfs = pfs,
		.errors = json_object_new_array(),
		.reports = json_object_new_array(),
	};

	if (pfs)
		carry_out(&boot);
	else
		boot.code = EXIT_CODE_REFUSED;
	print(&boot, NULL);
	return boot.code;
}

static int run(struct context *context)
{
	_cleanup_(spec_free) struct spec spec = {0};
	struct notes told = {0};
	struct err err;

	if (!command_is_root(context, "boot"))
		return EXIT_CODE_REFUSED;
	if (policy_copy_load(&context->root, context->value[OPTION_NODE], &spec, &told,
			     &err) < 0)
		return refuse(context, &err);
	if (!context->value[OPTION_DRY_RUN])
		policy_copy_refresh(&context->root, &told);
	warn_all(context, &spec.notes);
	for (size_t i = 0; i < told.n && !context->value[OPTION_QUIET]; i++)
		(void)fprintf(stderr, "hostpci: boot: %s\n", told.text[i]);
	notes_free(&told);
	return boot_run(context, &spec);
}

const struct command command_boot = {
	.name = "boot",
	.arguments = "",
	.summary = "bind the drivers, and make the virtual functions, that hostpci.conf "
		   "declares",
	.help = "For the time before bridges and machines need them: waits, bounded, for "
		"the cards and\n"
		"their drivers. Drivers are bound side by side, virtual functions made "
		"one card after\n"
		"the other. What is so already, and what anybody uses, is left alone. As "
		"/etc/pve is not\n"
		"there yet, the copy of the cluster's policy that later runs leave in\n"
		"/var/lib/hostpci is read.\n"
		"Exit code: 0 all is as declared, 1 something was refused, or a device "
		"is missing, 2\n"
		"something failed and could not be taken back, 75 another run is at it, "
		"78 the policy\n"
		"is wrong.\n",
	.options = 1U << OPTION_DRY_RUN,
	.min = 0,
	.max = 0,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks/main.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/phase.h"
#include "base/progress.h"
#include "report/report.h"

static int usage(const struct hook *hook, const char *problem)
{
	(void)fprintf(stderr,
		      "%s: %s\n"
		      "usage: %s VMID pre-start|post-start|pre-stop|post-stop\n"
		      "A Proxmox VE hookscript: see hostpci-hook(8).\n",
		      hook->name, problem, hook->name);
	return EXIT_CODE_USAGE;
}

static enum change change_of(enum phase phase)
{
	switch (phase) {
	case PHASE_POST_START:
		return CHANGE_POST_START;
	case PHASE_PRE_STOP:
		return CHANGE_PRE_STOP;
	case PHASE_POST_STOP:
		return CHANGE_POST_STOP;
	case PHASE_PRE_START:
	case _PHASE_MAX:
	case _PHASE_INVALID:
		break;
	}
	return CHANGE_PRE_START;
}

/* Of a machine without devices there is nothing to say. */
static bool has_words(const struct outcome *o)
{
	return o->exit || o->warnings.n || o->deeds.n || o->notes.n || o->findings.n;
}

static int run(const struct root *root, enum scope scope, uint32_t vmid, enum phase phase)
{
	struct request request = {
		.root = root,
		.vmid = vmid,
		.scope = scope,
		.change = change_of(phase),
	};
	_cleanup_(outcome_free) struct outcome outcome;
	int code;

	progress_to(STDERR_FILENO);
	code = machine_change(&request, &outcome);
	report_store(root, &outcome);
	if (has_words(&outcome)) {
		/* Whether somebody reads it decides over no machine. All that was to be
		 * started, and is to have the signal as ever, has ended. */
		(void)signal(SIGPIPE, SIG_IGN);
		report_text(root, &outcome, REPORT_HOOK, code ? stderr : stdout);
	}
	return code;
}

/* What needs no machine; false: the arguments are something else. */
static bool say_about(const struct hook *hook, int argc, char **argv)
{
	if (argc != 2)
		return false;
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		(void)printf("usage: %s VMID pre-start|post-start|pre-stop|post-stop\n%s",
			     hook->name, hook->help);
	else if (!strcmp(argv[1], "--version"))
		(void)printf("%s %s\n", hook->name, HOSTPCI_VERSION);
	else
		return false;
	return true;
}

int hook_main(const struct hook *hook, int argc, char **argv)
{
	struct root
		root; /* the end of the program closes it: every machine waits for it */
	enum phase phase;
	struct err err;
	uint32_t vmid;

	if (say_about(hook, argc, argv))
		return EXIT_CODE_DONE;
	if (argc != 3)
		return usage(hook, "two arguments are needed");
	if (vmid_parse(argv[1], &vmid) < 0)
		return usage(hook, "VMID is a number from 100 to 999999999");
	phase = phase_parse(argv[2]);
	if (phase == _PHASE_INVALID)
		return usage(hook, "no such phase");
	if (root_open(secure_getenv("HOSTPCI_ROOT"), &root, &err) < 0) {
		(void)fprintf(stderr, "%s: %s\n", hook->name, err.msg);
		return EXIT_CODE_USAGE;
	}
	if (geteuid() != 0 && !root.moved) {
		(void)fprintf(stderr, "%s: must run as root\n", hook->name);
		return EXIT_CODE_REFUSED;
	}
	return run(&root, hook->scope, vmid, phase);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/phase.h"
#include "report/report.h"

static int usage(const char *problem)
{
	(void)fprintf(stderr,
		      "hostpci-hook: %s\n"
		      "usage: hostpci-hook VMID pre-start|post-start|pre-stop|post-stop\n"
		      "A Proxmox VE hookscript: see hostpci-hook(8).\n",
		      problem);
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

static int run(const struct root *root, uint32_t vmid, enum phase phase)
{
	struct request request = {.root = root, .vmid = vmid, .change = change_of(phase)};
	_cleanup_(outcome_free) struct outcome outcome;
	int code = machine_change(&request, &outcome);

	report_text(root, &outcome, REPORT_HOOK, code ? stderr : stdout);
	report_store(root, &outcome);
	return code;
}

int main(int argc, char **argv)
{
	struct root
		root; /* the end of the program closes it: every machine waits for it */
	enum phase phase;
	struct err err;
	uint32_t vmid;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		(void)printf("usage: hostpci-hook VMID "
			     "pre-start|post-start|pre-stop|post-stop\n"
			     "A Proxmox VE hookscript: gives a machine its PCI devices "
			     "before it\n"
			     "starts and takes them back after it stopped. See "
			     "hostpci-hook(8).\n");
		return EXIT_CODE_DONE;
	}
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		(void)printf("hostpci-hook %s\n", HOSTPCI_VERSION);
		return EXIT_CODE_DONE;
	}
	if (argc != 3)
		return usage("two arguments are needed");
	if (vmid_parse(argv[1], &vmid) < 0)
		return usage("VMID is a number from 100 to 999999999");
	phase = phase_parse(argv[2]);
	if (phase == _PHASE_INVALID)
		return usage("no such phase");
	if (root_open(secure_getenv("HOSTPCI_ROOT"), &root, &err) < 0) {
		(void)fprintf(stderr, "hostpci-hook: %s\n", err.msg);
		return EXIT_CODE_USAGE;
	}
	if (geteuid() != 0 && !root.moved) {
		(void)fprintf(stderr, "hostpci-hook: must run as root\n");
		return EXIT_CODE_REFUSED;
	}
	return run(&root, vmid, phase);
}

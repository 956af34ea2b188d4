/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-c/json.h>

#include "run/machine.h"

/* How a run is told. */
enum report_style {
	REPORT_HOOK, /* a task log: every line says whose it is, only what matters */
	REPORT_PLAN, /* a terminal: every step with its write */
	REPORT_GATE, /* a terminal: whether it would be done, and what the gate says */
};

/* Every line ends with a newline: Proxmox takes a task without one for failed. */
void report_text(const struct root *root, const struct outcome *outcome,
		 enum report_style style, FILE *out);

/* What the gate said, the last part of it. */
void report_findings(const struct findings *findings, enum report_style style, FILE *out);

/* The same as a value; the caller puts it. NULL: out of memory. */
struct json_object *report_json(const struct outcome *outcome);
/* Only its steps. */
struct json_object *report_deeds(const struct deeds *deeds);

/* What made the gate refuse, by a report that was stored. */
void report_read_findings(struct json_object *report, struct findings *ret);

/* VMID.report.json, of a hook of one kind VMID.KIND.report.json. */
enum { REPORT_NAME = 40 };
void report_file_name(uint32_t vmid, enum scope scope, char buf[static REPORT_NAME]);

/*
 * Leaves that file in /run/hostpci/vm behind for `status`; removes it when the machine is
 * done with and there is nothing to explain; a release that leaves nothing has nothing.
 * Failing to is no failure of the run.
 */
void report_store(const struct root *root, const struct outcome *outcome);

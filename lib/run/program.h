/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cancel.h"
#include "base/root.h"
#include "spec/key.h"

/* How a command of the policy ended. */
struct program_end {
	int status; /* as waitpid(2) has it */
	bool late;  /* it was killed at its deadline, or by a signal to us */
	int ms;
};

typedef void program_line(void *context, const char *line);

/* Whether program_run could start @words. */
int program_check(const struct root *root, const struct text_list *words,
		  struct err *err) _must_check_;

/*
 * Runs @words, the first of which is the full path of a program, without a shell: in a
 * process group of its own, which is killed at the deadline, with nothing to read, an
 * environment of PATH, LC_ALL and HOSTPCI_VMID, and no descriptor of ours. @line has each
 * line that it prints, at most LIMIT_FREE_LINES. -errno: it could not be started.
 */
int program_run(const struct root *root, const struct text_list *words, uint32_t vmid,
		struct cancel *cancel, program_line *line, void *context,
		struct program_end *ret, struct err *err) _must_check_;

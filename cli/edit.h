/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"
#include "spec/vmedit.h"

/* A change of a VM's config as qm set makes it; `set`, `attach` and `detach` use it. */
struct edit {
	uint32_t vmid;
	struct vmedit change;
	const char *digest; /* of the file that is meant; NULL: whatever is there */
	const char *line;   /* what qm would print, said once it is about to be done */
};

/*
 * Under Proxmox's lock of the config, which is read again inside; --force and --skiplock
 * are the command line's. -errno with words.
 */
int edit_run(const struct context *context, struct edit *edit,
	     struct err *err) _must_check_;

/* What edit_run would refuse of @vm, read from @path: a lock, lines that it would drop.
 */
int edit_check(const struct context *context, const struct vmfile *vm, const char *path,
	       struct err *err) _must_check_;

/* For what edit_run, or vmstore, failed with. */
int edit_exit_code(int r);

/* Machines of another node are locked, and run, there: false after saying so. */
bool edit_is_here(const struct context *context);

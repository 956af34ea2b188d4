/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/storage.h"

/* Its name among the snippets. */
#define STUB_NAME "hostpci-hook"

/*
 * What lies among the snippets and is called by Proxmox: a few lines of shell that go on
 * as the installed hostpci-hook. Where that is not there, because the package was removed
 * or is of another node, they let the machine start: a hookscript that is missing or
 * fails would not. It costs each phase about a millisecond, for the shell.
 */
extern const char stub_text[];

/*
 * 1: it is in the snippets of @storage as it should be; 0: it is to be written. -EEXIST:
 * somebody else's file of that name is there; -ENOTCONN: the storage is not mounted. With
 * words.
 */
int stub_look(const struct root *root, const struct storage *storage,
	      struct err *err) _must_check_;

/*
 * Puts it, executable, into the snippets of @storage, in one step; *@ret_made (may be
 * NULL) is whether it was not there yet. Errors as stub_look, with words.
 */
int stub_put(const struct root *root, const struct storage *storage, bool *ret_made,
	     struct err *err) _must_check_;

/* "STORAGE:snippets/hostpci-hook" */
enum { STUB_VOLUME = 96 };
const char *stub_volume(const struct storage *storage, char buf[static STUB_VOLUME]);
/* The hookscript @volume is ours, in whatever storage; which, if so, in *@ret. */
bool stub_is(const char *volume, struct volume *ret);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * What a run may do: everything, or one kind of work alone. The hooks of one kind
 * (hostpci-mdev, ...) are the same engine held to that kind, with a journal of its own.
 */
enum scope {
	SCOPE_ALL,
	SCOPE_MDEV,   /* mediated devices */
	SCOPE_SRIOV,  /* virtual functions and their settings */
	SCOPE_RESET,  /* resets */
	SCOPE_REBIND, /* drivers */
	_SCOPE_MAX,
	_SCOPE_INVALID = -1,
};

/* "mdev"; "" for SCOPE_ALL. */
extern const char *const scope_words[_SCOPE_MAX];

/* True if a run of @scope does work of the one kind @kind. */
static inline bool scope_has(enum scope scope, enum scope kind)
{
	return scope == SCOPE_ALL || scope == kind;
}

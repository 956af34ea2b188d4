/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * Formats of property strings, "VALUE,KEY=VALUE,..." (pve-common, PVE::JSONSchema), and
 * the rules by which Proxmox takes or drops one. Nothing here has bounds of ours: a value
 * that Proxmox keeps in a file is kept.
 */
enum vmformat_kind {
	VMFORMAT_KIND_TEXT,
	VMFORMAT_KIND_BOOL,    /* kept as "0" or "1" */
	VMFORMAT_KIND_INTEGER, /* a sign is allowed */
	VMFORMAT_KIND_NUMBER,
};

struct vmformat_key {
	const char *name; /* NULL ends a table */
	enum vmformat_kind kind;
	bool bare;	     /* the key of a part without '=' */
	bool required;	     /* a string without it is dropped */
	bool has_min;	     /* @min counts */
	long min, max;	     /* @max 0: none */
	size_t length;	     /* most characters, 0: any */
	const char *words;   /* "a|b|c": one of these */
	const char *pattern; /* extended regular expression for all of the value */
	bool (*valid)(const char *value);
	const char *alias;   /* the key whose other name this is */
	const char *becomes; /* the key that takes this one's name (net0: virtio=MAC) */
	const char *needs;   /* a key that must be there as well */
};

struct vmformat {
	const char *name; /* for messages: "hostpciN" */
	const struct vmformat_key *key;
	/* Looks at the whole, NULL: need not. False: dropped. */
	bool (*valid)(const char *const *value_by_key);
};

enum { VMFORMAT_KEYS = 80 };

/* What was found: value[i] belongs to format->key[i], NULL: not given. */
struct vmformat_values {
	const struct vmformat *format;
	char *text; /* owned: holds the values */
	const char *value[VMFORMAT_KEYS];
};

/* -EINVAL with words: Proxmox drops this value. */
int vmformat_parse(const struct vmformat *format, const char *text,
		   struct vmformat_values *ret, struct err *err) _must_check_;
void vmformat_values_free(struct vmformat_values *values);

/* NULL: not given. */
const char *vmformat_get(const struct vmformat_values *values, const char *key);

/* Proxmox's canonical form: the bare value first, then the others by name; the caller
 * frees it, NULL: out of memory. */
char *vmformat_print(const struct vmformat_values *values);

/* True if the extended regular expression @pattern matches all of @text. A newline at the
 * end does not count (Perl's $). */
bool vmformat_matches(const char *pattern, const char *text);

/* True if @word is one of @words, "a|b|c". */
bool vmformat_word(const char *words, const char *word);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

/* A growing run of bytes, which may hold NULs; data[size] is a NUL. {0} is empty. */
struct vmtext {
	char *data; /* owned; NULL while empty */
	size_t size;
};

/* -ENOMEM. */
int vmtext_add(struct vmtext *text, const void *data, size_t size) _must_check_;
void vmtext_free(struct vmtext *text);

/*
 * A VM's description stands in its config as comment lines, %XX for what does not fit
 * into one (pve-common, PVE::Tools, encode_text and decode_text). What is no UTF-8 after
 * decoding becomes U+FFFD. -ENOMEM.
 */
int vmtext_add_decoded(struct vmtext *text, const char *line, size_t size) _must_check_;
int vmtext_add_encoded(struct vmtext *text, const char *line, size_t size) _must_check_;

/* Drops the blanks at the end, those of Unicode too. */
void vmtext_trim(struct vmtext *text);

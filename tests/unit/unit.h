/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/root.h"

/* A fake root of a test's own, below /tmp. */
struct scratch {
	char path[64];
	struct root root;
};

void scratch_make(struct scratch *ret);
void scratch_remove(struct scratch *scratch);

/* Writes a file of the fake root ("/etc/x"), and makes its folders. */
void scratch_put(const struct scratch *scratch, const char *path, const char *text);
void scratch_put_bytes(const struct scratch *scratch, const char *path, const void *data,
		       size_t size);
/* Makes a folder, or a symbolic link, and the folders above. */
void scratch_mkdir(const struct scratch *scratch, const char *path);
void scratch_link(const struct scratch *scratch, const char *target, const char *path);

void scratch_unlink(const struct scratch *scratch, const char *path);

/* The whole file as a string that the caller frees; fails the test if there is none. */
char *scratch_get(const struct scratch *scratch, const char *path);

/* The journal's boot id in every fake root. */
#define UNIT_BOOT "01234567-89ab-cdef-0123-456789abcdef"

/* Fails unless @text contains @part, and shows both. */
#define assert_contains(text, part) assert_contains_at((text), (part), __FILE__, __LINE__)
void assert_contains_at(const char *text, const char *part, const char *file, int line);

/* Setup and teardown of a test whose *state is a struct scratch. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

#define scratch_test(f) \
	cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

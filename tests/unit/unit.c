/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"

static void full_path(const struct scratch *s, const char *path,
		      char buf[static PATH_MAX])
{
	(void)snprintf(buf, PATH_MAX, "%s%s", s->path, path);
	for (char *slash = buf + strlen(s->path) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		assert_true(mkdir(buf, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

void scratch_mkdir(const struct scratch *scratch, const char *path)
{
	char full[PATH_MAX];

	full_path(scratch, path, full);
	assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
}

void scratch_link(const struct scratch *scratch, const char *target, const char *path)
{
	char full[PATH_MAX];

	full_path(scratch, path, full);
	assert_int_equal(symlink(target, full), 0);
}

void scratch_unlink(const struct scratch *scratch, const char *path)
{
	char full[PATH_MAX];

	full_path(scratch, path, full);
	assert_int_equal(unlink(full), 0);
}

void scratch_put_bytes(const struct scratch *scratch, const char *path, const void *data,
		       size_t size)
{
	char full[PATH_MAX];
	FILE *f;

	full_path(scratch, path, full);
	f = fopen(full, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

void scratch_put(const struct scratch *scratch, const char *path, const char *text)
{
	scratch_put_bytes(scratch, path, text, strlen(text));
}

char *scratch_get(const struct scratch *scratch, const char *path)
{
	char *text = NULL;

	if (file_read(&scratch->root, path, 1 << 20, &text, NULL) < 0)
		fail_msg("there is no %s", path);
	return text;
}

void scratch_make(struct scratch *ret)
{
	struct err err;

	(void)strcpy(ret->path, "/tmp/hostpci-unit.XXXXXX");
	umask(022);
	assert_non_null(mkdtemp(ret->path));
	scratch_mkdir(ret, "/sys");
	scratch_put(ret, "/proc/sys/kernel/random/boot_id", UNIT_BOOT "\n");
	scratch_mkdir(ret, "/run/hostpci/vm");
	assert_int_equal(root_open(ret->path, &ret->root, &err), 0);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
	root_close(&scratch->root);
	(void)nftw(scratch->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int scratch_setup(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	scratch_make(s);
	*state = s;
	return 0;
}

int scratch_teardown(void **state)
{
	scratch_remove(*state);
	free(*state);
	return 0;
}

void assert_contains_at(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("'%s'\ndoes not contain '%s'\n", text, part);
	_fail(file, line);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/*
 * Reads a whole file of at most @max bytes. *@ret is NUL-terminated (it may hold NULs
 * before) and owned by the caller; *@ret_size, which may be NULL, does not count that
 * NUL. -EFBIG: larger than @max.
 */
int file_read_fd(int fd, size_t max, char **ret, size_t *ret_size) _must_check_;
int file_read(const struct root *root, const char *path, size_t max, char **ret,
	      size_t *ret_size) _must_check_;

/*
 * As file_read, for a file that steers what root does: not a link, a regular file, owned
 * by root and writable by nobody else; -EPERM with the reason in @err otherwise.
 */
int file_read_trusted(const struct root *root, const char *path, size_t max, char **ret,
		      size_t *ret_size, struct err *err) _must_check_;

/* Says why @path cannot be used, for the code of a failed read; returns -@code. */
int file_error(struct err *err, const char *path, int code);
/* -EINVAL: the @size bytes of @path hold a NUL, and so are no text. */
int file_check_text(const char *text, size_t size, const char *path,
		    struct err *err) _must_check_;

bool file_exists(const struct root *root, const char *path);

/* Replaces FOLDER/NAME by @size bytes, readable by root alone, or leaves it as it was. */
int file_replace(const struct root *root, const char *folder, const char *name,
		 const void *data, size_t size) _must_check_;

/* As file_replace, with @mode, on disk before the old one goes. */
int file_replace_mode(const struct root *root, const char *folder, const char *name,
		      const void *data, size_t size, mode_t mode) _must_check_;

/* Makes the folder @path below an existing parent; one that exists is fine. */
int file_mkdir(const struct root *root, const char *path, mode_t mode) _must_check_;

/* Removes FOLDER/NAME; one that is not there is fine. */
int file_remove(const struct root *root, const char *folder,
		const char *name) _must_check_;

/* One write(2) of all of @size bytes. -EIO: the file took less. */
int file_write_once(int fd, const void *data, size_t size) _must_check_;

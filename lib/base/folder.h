/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <dirent.h>

/*
 * Calls @each for every entry of the folder @fd but "." and ".." until it returns
 * non-zero, and returns that; -errno. Not readdir(3), whose opendir(3) asks the kernel
 * three more questions for each folder: a look at a host opens hundreds.
 */
typedef int folder_entry(void *context, const struct dirent64 *entry);
int folder_each(int fd, folder_entry *each, void *context);

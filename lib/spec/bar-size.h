/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * Sizes of resizable BARs are powers of two from 1 MiB on, and are kept as the kernel
 * takes them: bit n stands for 2^n MiB (PCI Express 7.8.6; kernel, pci-sysfs.c,
 * resourceN_resize).
 */
enum {
	BAR_COUNT = 6,
	BAR_BIT_MAX = 23, /* 8 TiB */
	BAR_SIZE_TEXT = 16,
};

struct bar_size {
	int bar;
	int bit;
};

struct bar_sizes {
	unsigned n;
	struct bar_size item[BAR_COUNT];
};

/* "256M", "16G" of a bit. */
#define BAR_SIZE(bit) bar_size_text((bit), (char[BAR_SIZE_TEXT]){0})
const char *bar_size_text(int bit, char buf[static BAR_SIZE_TEXT]);

/* Parses "0:16G;2:256M". -EINVAL. */
int bar_sizes_parse(const char *text, struct bar_sizes *ret,
		    struct err *err) _must_check_;

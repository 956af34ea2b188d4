/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* One PCI function. The domain has 16 bits on most hosts, 17 with VMD (10000:e1:00.0). */
struct bdf {
	uint32_t domain;
	uint8_t bus;
	uint8_t slot;	  /* 0..31 */
	uint8_t function; /* 0..7 */
};

enum { BDF_TEXT = sizeof("ffffffff:ff:1f.7") };

/*
 * Parses exactly "DDDD:BB:SS.F" as sysfs writes it: lower-case hexadecimal, at least four
 * digits of domain. -EINVAL: anything else.
 */
int bdf_parse(const char *text, struct bdf *ret) _must_check_;

/* Writes the name that sysfs uses into @buf; returns @buf. */
const char *bdf_format(const struct bdf *bdf, char buf[static BDF_TEXT]);

bool bdf_equal(const struct bdf *a, const struct bdf *b);
/* All zeroes: the host bridge, which nobody gives away, or no PCI function at all. */
bool bdf_is_none(const struct bdf *bdf);
/* Same domain, bus and slot: functions of one card. */
bool bdf_same_slot(const struct bdf *a, const struct bdf *b);
int bdf_compare(const struct bdf *a, const struct bdf *b);

/* Formats into a temporary that lives until the end of the enclosing block. */
#define BDF(b) bdf_format((b), (char[BDF_TEXT]){0})

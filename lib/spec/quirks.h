/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/root.h"
#include "spec/reset-method.h"

/*
 * What is known of devices by their ids: data, each with its source, in
 * /usr/share/hostpci/quirks.conf; /etc/hostpci/quirks.conf comes first
 * (hostpci-quirks.conf(5)).
 */
struct quirk {
	uint16_t vendor;
	uint16_t product, product_mask; /* a bit that is not in the mask does not count */
	int class_code;			/* its upper 16 bits; -1: any */
	char name[64];
	char source[128];
	bool no_reset;		   /* no method at all while a machine has it */
	struct reset_chain avoid;  /* methods that harm it */
	struct reset_chain method; /* methods that it needs */
	char module[LIMIT_NAME];   /* without which @method is not there; empty: none */
	int delay_ms;		   /* after a reset, until it may be looked at */
	int d3cold;		   /* 0, 1; -1: nothing known */
};

struct quirks {
	struct quirk *item; /* owned; the first that fits is the one that counts */
	size_t n;
};

/* Adds what both files have. -EINVAL and others, with file and line. */
int quirks_load(const struct root *root, struct quirks *ret,
		struct err *err) _must_check_;
/* Adds what one file has. */
int quirks_parse(const char *text, size_t size, const char *file, struct quirks *ret,
		 struct err *err) _must_check_;
/* NULL: nothing is known. @class_code: all 24 bits. */
const struct quirk *quirks_find(const struct quirks *quirks, uint16_t vendor,
				uint16_t product, uint32_t class_code);
void quirks_free(struct quirks *quirks);

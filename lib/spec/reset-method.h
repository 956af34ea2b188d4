/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/limits.h"

/*
 * The kernel's ways to reset a function, in the order in which it tries them (kernel,
 * drivers/pci/pci.c, pci_reset_fn_methods; Documentation/ABI/testing/sysfs-bus-pci).
 */
enum reset_method {
	RESET_DEVICE_SPECIFIC,
	RESET_ACPI,
	RESET_FLR,
	RESET_AF_FLR,
	RESET_PM,
	RESET_BUS,
	RESET_CXL_BUS,
	_RESET_METHOD_MAX,
};

extern const char *const reset_method_words[_RESET_METHOD_MAX];

/* Methods, the first choice first, none of them twice. */
struct reset_chain {
	unsigned n;
	int method[_RESET_METHOD_MAX]; /* enum reset_method */
};

/* "flr bus", as the attribute reset_method has it; all of them fit. */
enum { RESET_CHAIN_TEXT = LIMIT_NAME };
const char *reset_chain_text(const struct reset_chain *chain,
			     char buf[static RESET_CHAIN_TEXT]);
/* False: it is in @chain, or is none. */
bool reset_chain_add(struct reset_chain *chain, int method);
bool reset_chain_has(const struct reset_chain *chain, int method);
/* The methods in an attribute's text; what this version does not know is left out. */
void reset_chain_read(const char *text, struct reset_chain *ret);
/* Those of @chain that are in @offered, in the order of @chain. */
struct reset_chain reset_chain_offered(const struct reset_chain *chain,
				       const struct reset_chain *offered);

/* What policy says about resets before a start. */
struct reset_wish {
	bool wanted;
	struct reset_chain chain; /* empty: by the kernel's choice of method */
};

/* "none", "default", or methods separated by ';'. -EINVAL. */
int reset_wish_parse(const char *text, struct reset_wish *ret,
		     struct err *err) _must_check_;

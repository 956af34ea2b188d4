/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/choose.h"

/* A choice on its way (choose.c), and the parts of it that are files of their own. */
struct chooser {
	const struct root *root;
	const struct spec *spec;
	const struct claim *claims;
	size_t claims_n;
	struct choice *choice;
	struct ways ways; /* of the slot at hand */
	struct err *err;
};

/* NULL: nobody else holds @bdf. */
const struct claim *chooser_claim(const struct chooser *c, const struct bdf *bdf);
/* True if the slot may have @way; else why not is added to what it passed. */
bool chooser_is_free(const struct chooser *c, const struct way *way, struct pick *pick);
/* Gives way @a to the slot. -EINVAL: it, or another slot, has one of its functions. */
int chooser_take(struct chooser *c, unsigned slot, const struct way *a) _must_check_;

/* One of the virtual functions that the slot's vf-of leaves open. */
int choose_vf(struct chooser *c, unsigned slot) _must_check_;

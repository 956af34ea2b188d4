/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libconfig.h>

#include "spec/spec.h"

/* A policy on its way into a spec (policy.c), and the parts of it that are files of
 * their own. */
struct reader {
	const char *file;
	const char *node;	 /* whose section counts; a host's policy only */
	const struct root *root; /* whose nodes are known; NULL: nobody's */
	struct spec *spec;
};

/* One setting into @wish. -EINVAL and others, with file and line. */
int reader_store(const struct reader *r, const struct key *key, config_setting_t *setting,
		 struct wish *wish, struct err *err) _must_check_;
/* Notes that there is no such key in a place of @where. */
void reader_unknown(const struct reader *r, config_setting_t *setting, unsigned where);

/* sriov = ( { pf = ...; }, ... ): adds its entries to @list. */
int reader_sriov(const struct reader *r, config_setting_t *setting,
		 struct sriov_list *list, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/phase.h"

#include "base/words.h"

static const char *const phase_names[_PHASE_MAX] = {
	[PHASE_PRE_START] = "pre-start",
	[PHASE_POST_START] = "post-start",
	[PHASE_PRE_STOP] = "pre-stop",
	[PHASE_POST_STOP] = "post-stop",
};

const char *phase_name(enum phase phase)
{
	return words_name(phase_names, _PHASE_MAX, (int)phase);
}

enum phase phase_parse(const char *name)
{
	return (enum phase)words_find(phase_names, _PHASE_MAX, name);
}

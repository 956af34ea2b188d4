/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/step.h"

/* "INDEX NAME VALUE", which steps on virtual functions have as @found and @want. */

/* Without the value: "3 mac". Returns @buf. */
const char *vf_text_head(const char *text, char buf[static LIMIT_NAME]);
/* "" for an empty text: what was found of a function that is still to be made, in a plan
 * that is only shown. */
const char *vf_text_value(const char *text);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/vf-text.h"

#include <string.h>

const char *vf_text_head(const char *text, char buf[static LIMIT_NAME])
{
	const char *end = strrchr(text, ' ');

	(void)snprintf(buf, LIMIT_NAME, "%.*s", end ? (int)(end - text) : 0, text);
	return buf;
}

const char *vf_text_value(const char *text)
{
	const char *end = strrchr(text, ' ');

	return end ? end + 1 : "";
}

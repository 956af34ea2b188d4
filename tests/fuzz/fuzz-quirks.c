/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/name.h"
#include "spec/quirks.h"
#include "target.h"

/* libconfig 1.5 loses the text that a syntax error comes after or within, see
 * fuzz-policy. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\nleak:strbuf_append\nleak:libconfig_yy\n";
}

static void check(const struct quirk *q)
{
	char text[RESET_CHAIN_TEXT];

	HOLDS(q->name[0] && q->source[0]);
	HOLDS((q->product & ~q->product_mask) == 0);
	HOLDS(q->class_code >= -1 && q->class_code <= 0xffff);
	HOLDS(q->d3cold >= -1 && q->d3cold <= 1);
	HOLDS(q->delay_ms >= 0 && q->delay_ms <= LIMIT_SETTLE_MS);
	/* It becomes part of a path. */
	HOLDS(!q->module[0] || name_valid(q->module));
	HOLDS(q->avoid.n <= _RESET_METHOD_MAX && q->method.n <= _RESET_METHOD_MAX);
	HOLDS(strlen(reset_chain_text(&q->avoid, text)) < sizeof(text) - 1);
	HOLDS(strlen(reset_chain_text(&q->method, text)) < sizeof(text) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct quirks quirks = {0};
	struct err err = {0};

	if (quirks_parse(text, size, "x.conf", &quirks, &err) < 0)
		HOLDS(err.code && err.msg[0] && err.file[0]);
	else
		for (size_t i = 0; i < quirks.n; i++)
			check(&quirks.item[i]);
	(void)quirks_find(&quirks, 0x1234, 0x5678, 0x030000);
	quirks_free(&quirks);
	free(text);
	return 0;
}

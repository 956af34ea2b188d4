/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/bar-size.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/number.h"

static const char units[] = "MGT";

const char *bar_size_text(int bit, char buf[static BAR_SIZE_TEXT])
{
	(void)snprintf(buf, BAR_SIZE_TEXT, "%d%c", 1 << bit % 10, units[bit / 10]);
	return buf;
}

/* "16G": the bit of a power of two; -1 for anything else. */
static int parse_size(char *text)
{
	size_t n = strlen(text);
	const char *unit = n ? strchr(units, text[n - 1]) : NULL;
	uint64_t value;
	int bit;

	if (!unit)
		return -1;
	text[n - 1] = '\0';
	if (number_parse(text, 1 << 20, &value) < 0 || !value || (value & (value - 1)))
		return -1;
	bit = __builtin_ctzll(value) + 10 * (int)(unit - units);
	return bit <= BAR_BIT_MAX ? bit : -1;
}

static bool parse_one(const char *text, size_t n, struct bar_sizes *sizes)
{
	struct bar_size one;
	char size[16];

	if (n < 3 || n >= sizeof(size) || text[0] < '0' || text[0] >= '0' + BAR_COUNT ||
	    text[1] != ':')
		return false;
	(void)snprintf(size, sizeof(size), "%.*s", (int)n - 2, text + 2);
	one = (struct bar_size){.bar = text[0] - '0', .bit = parse_size(size)};
	for (unsigned i = 0; i < sizes->n; i++)
		if (sizes->item[i].bar == one.bar)
			return false;
	if (one.bit < 0)
		return false;
	sizes->item[sizes->n++] = one;
	return true;
}

int bar_sizes_parse(const char *text, struct bar_sizes *ret, struct err *err)
{
	struct bar_sizes sizes = {0};

	for (;;) {
		size_t n = strcspn(text, ";");

		if (!parse_one(text, n, &sizes))
			return err_set(
				err, EINVAL,
				"'%.*s' is no BAR with its size, like \"0:16G\" "
				"(BARs 0 to 5, each once; powers of two from 1M to "
				"8T)",
				(int)(n < 40 ? n : 40), text);
		if (!text[n])
			break;
		text += n + 1;
	}
	*ret = sizes;
	return 0;
}

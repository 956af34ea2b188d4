/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/reset-method.h"

#include <errno.h>
#include <string.h>

#include "base/words.h"

const char *const reset_method_words[_RESET_METHOD_MAX] = {
	[RESET_DEVICE_SPECIFIC] = "device_specific",
	[RESET_ACPI] = "acpi",
	[RESET_FLR] = "flr",
	[RESET_AF_FLR] = "af_flr",
	[RESET_PM] = "pm",
	[RESET_BUS] = "bus",
	[RESET_CXL_BUS] = "cxl_bus",
};

bool reset_chain_has(const struct reset_chain *chain, int method)
{
	for (unsigned i = 0; i < chain->n; i++)
		if (chain->method[i] == method)
			return true;
	return false;
}

bool reset_chain_add(struct reset_chain *chain, int method)
{
	if (method < 0 || reset_chain_has(chain, method))
		return false;
	chain->method[chain->n++] = method;
	return true;
}

const char *reset_chain_text(const struct reset_chain *chain,
			     char buf[static RESET_CHAIN_TEXT])
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < chain->n; i++)
		at += (size_t)snprintf(buf + at, RESET_CHAIN_TEXT - at, "%s%s",
				       i ? " " : "",
				       reset_method_words[chain->method[i]]);
	return buf;
}

/* The next word of *@at, which ends at one of @separators; false: there is none. */
static bool next_word(const char **at, const char *separators, char *buf, size_t size)
{
	size_t n;

	*at += strspn(*at, separators);
	n = strcspn(*at, separators);
	(void)snprintf(buf, size, "%.*s", (int)n, *at);
	*at += n;
	return n > 0;
}

void reset_chain_read(const char *text, struct reset_chain *ret)
{
	char word[32];

	*ret = (struct reset_chain){0};
	while (next_word(&text, " \n", word, sizeof(word)))
		(void)reset_chain_add(
			ret, words_find(reset_method_words, _RESET_METHOD_MAX, word));
}

struct reset_chain reset_chain_offered(const struct reset_chain *chain,
				       const struct reset_chain *offered)
{
	struct reset_chain both = {0};

	for (unsigned i = 0; i < chain->n; i++)
		if (reset_chain_has(offered, chain->method[i]))
			(void)reset_chain_add(&both, chain->method[i]);
	return both;
}

int reset_wish_parse(const char *text, struct reset_wish *ret, struct err *err)
{
	struct reset_wish wish = {.wanted = true};
	char word[32];

	if (!strcmp(text, "none") || !strcmp(text, "default")) {
		*ret = (struct reset_wish){.wanted = text[0] == 'd'};
		return 0;
	}
	while (next_word(&text, ";", word, sizeof(word))) {
		int method = words_find(reset_method_words, _RESET_METHOD_MAX, word);

		if (!strcmp(word, "none") || !strcmp(word, "default"))
			return err_set(err, EINVAL, "'%s' stands alone", word);
		if (method < 0)
			return err_set(err, EINVAL,
				       "'%s' is not one of: none, default, "
				       "device_specific, acpi, flr, af_flr, pm, bus, "
				       "cxl_bus",
				       word);
		if (!reset_chain_add(&wish.chain, method))
			return err_set(err, EINVAL, "'%s' is there twice", word);
	}
	if (!wish.chain.n)
		return err_set(err, EINVAL,
			       "names no method: write \"none\" for no reset");
	*ret = wish;
	return 0;
}

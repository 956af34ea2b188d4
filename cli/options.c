/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/words.h"
#include "cli/command.h"

const struct option_row option_table[_OPTION_MAX] = {
	[OPTION_ROOT] = {"root", "DIR", true, "use DIR, below /tmp, for / (tests)"},
	[OPTION_NODE] = {"node", "NAME", true, "the node whose configuration is read"},
	[OPTION_QUIET] = {"quiet", NULL, true, "print errors only"},
	[OPTION_VERBOSE] = {"verbose", NULL, true, "print every step with its write"},
	[OPTION_HELP] = {"help", NULL, true, "show this help"},
	[OPTION_VERSION] = {"version", NULL, true, "show the version"},
	[OPTION_OUTPUT_FORMAT] = {"output-format", "text|json|json-pretty", true,
				  "how to print (default text)"},
	[OPTION_STANDALONE] = {"standalone", NULL, false,
			       "add the ports and bridges that plain QEMU lacks"},
};

static const char *const format_words[_FORMAT_MAX] = {"text", "json", "json-pretty"};

static int find_option(const char *name, size_t n)
{
	for (int i = 0; i < _OPTION_MAX; i++)
		if (strlen(option_table[i].name) == n &&
		    !strncmp(option_table[i].name, name, n))
			return i;
	return -1;
}

/* argv[*i] is an option; steps over its value. */
static int take_option(struct context *c, int argc, char **argv, int *i)
{
	const char *word = argv[*i], *name = word + (word[1] == '-' ? 2 : 1);
	const char *equals = word[1] == '-' ? strchr(name, '=') : NULL;
	int id = find_option(name, equals ? (size_t)(equals - name) : strlen(name));

	if (id < 0)
		return usage_error(c->command, "unknown option '%s'", word);
	if (!option_table[id].value) {
		if (equals)
			return usage_error(c->command, "--%s takes no value",
					   option_table[id].name);
		c->value[id] = "";
		return 0;
	}
	if (!equals && ++*i >= argc)
		return usage_error(c->command, "--%s needs %s", option_table[id].name,
				   option_table[id].value);
	c->value[id] = equals ? equals + 1 : argv[*i];
	return 0;
}

static int take_word(struct context *c, const char *word)
{
	if (!c->command) {
		for (size_t i = 0; command_table[i]; i++)
			if (!strcmp(command_table[i]->name, word))
				c->command = command_table[i];
		return c->command ? 0 : usage_error(NULL, "there is no verb '%s'", word);
	}
	if (c->arguments == (int)ARRAY_SIZE(c->argument))
		return usage_error(c->command, "too many arguments");
	c->argument[c->arguments++] = word;
	return 0;
}

static int check(struct context *c)
{
	int format;

	if (c->value[OPTION_HELP] || c->value[OPTION_VERSION])
		return 0;
	if (!c->command)
		return usage_error(NULL, "a verb is needed");
	for (int i = 0; i < _OPTION_MAX; i++)
		if (c->value[i] && !option_table[i].global &&
		    !(c->command->options & 1U << i))
			return usage_error(c->command, "'%s' has no option --%s",
					   c->command->name, option_table[i].name);
	if (c->arguments < c->command->min || c->arguments > c->command->max)
		return usage_error(c->command, "'%s' takes %s", c->command->name,
				   c->command->arguments);
	if (!c->value[OPTION_OUTPUT_FORMAT])
		return 0;
	format = words_find(format_words, _FORMAT_MAX, c->value[OPTION_OUTPUT_FORMAT]);
	if (format < 0)
		return usage_error(c->command, "--output-format is one of %s",
				   option_table[OPTION_OUTPUT_FORMAT].value);
	c->format = (enum format)format;
	return 0;
}

int options_parse(int argc, char **argv, struct context *ret)
{
	bool only_words = false;
	int r;

	*ret = (struct context){.root = ROOT_CLOSED};
	for (int i = 1; i < argc; i++) {
		if (!only_words && !strcmp(argv[i], "--")) {
			only_words = true;
			continue;
		}
		r = !only_words && argv[i][0] == '-' && argv[i][1]
			    ? take_option(ret, argc, argv, &i)
			    : take_word(ret, argv[i]);
		if (r)
			return r;
	}
	return check(ret);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/node.h"
#include "base/number.h"
#include "base/words.h"
#include "cli/command.h"
#include "spec/vmoption.h"

const struct option_row option_table[_OPTION_MAX] = {
	[OPTION_ROOT] = {"root", "DIR", true, "use DIR, below /tmp, for / (tests)"},
	[OPTION_NODE] = {"node", "NAME", true, "the node whose configuration is read"},
	[OPTION_QUIET] = {"quiet", NULL, true, "print errors only"},
	[OPTION_VERBOSE] = {"verbose", NULL, true, "print every step with its write"},
	[OPTION_HELP] = {"help", NULL, true, "show this help"},
	[OPTION_VERSION] = {"version", NULL, true, "show the version"},
	[OPTION_OUTPUT_FORMAT] = {"output-format", "text|json|json-pretty", true,
				  "how to print (default text)"},
	[OPTION_FORMAT] = {"format", "qemu|libvirt-xml", false,
			   "QEMU arguments (default), or elements for libvirt"},
	[OPTION_STANDALONE] = {"standalone", NULL, false,
			       "add the ports and bridges that plain QEMU lacks"},
	[OPTION_HOSTPCI] = {"hostpci", "VALUE", false, "a device: ADDRESS,KEY=VALUE,...",
			    .family = true},
	[OPTION_DELETE] = {"delete", "OPTION,...", false, "remove options",
			   .joined = true},
	[OPTION_REVERT] = {"revert", "OPTION,...", false, "forget their pending changes",
			   .joined = true},
	[OPTION_DIGEST] = {"digest", "SHA1", false,
			   "refuse if the file is not the one with this digest"},
	[OPTION_FORCE] = {"force", OPTION_SWITCH, false,
			  "rewrite the file even if that drops lines"},
	[OPTION_SKIPLOCK] = {"skiplock", OPTION_SWITCH, false,
			     "change a machine that is locked (lock: ...)"},
	[OPTION_CURRENT] = {"current", OPTION_SWITCH, false, "leave pending changes out"},
	[OPTION_SNAPSHOT] = {"snapshot", "NAME", false, "as it was in that snapshot"},
	[OPTION_FULL] = {"full", OPTION_SWITCH, false, "taken as qm takes it; no effect"},
	[OPTION_DRY_RUN] = {"dry-run", NULL, false,
			    "show what would be done, and write nothing"},
	[OPTION_ALL] = {"all", NULL, false, "every VM of this node"},
	[OPTION_CHECK] = {"check", NULL, false,
			  "say whether the VMs would start, and change nothing"},
	[OPTION_STORAGE] = {"storage", "NAME", false,
			    "the storage that the hookscript is put into"},
	[OPTION_ATTRIBUTE] = {"attribute", "NAME=VALUE", false,
			      "write it to an attribute of the new device",
			      .joined = true},
};

static const char *const format_words[_FORMAT_MAX] = {"text", "json", "json-pretty"};

/* N of "hostpciN", -1: not one of the family's. */
static int family_number(const struct option_row *row, const char *name, size_t n)
{
	char digits[8];
	uint64_t number;

	n -= strlen(row->name);
	if (n >= sizeof(digits))
		return -1;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)n, name + strlen(row->name));
	if (number_parse(digits, LIMIT_SLOTS - 1, &number) < 0 ||
	    (digits[0] == '0' && digits[1]))
		return -1;
	return (int)number;
}

/* As qm does: in any case, and a verb's own options may be cut short. */
static int find_option(const struct context *c, const char *name, size_t n,
		       int *ret_number)
{
	int found = -1;

	for (int i = 0; i < _OPTION_MAX; i++) {
		const struct option_row *row = &option_table[i];
		size_t whole = strlen(row->name);

		*ret_number = -1;
		if (row->family && n > whole && !strncasecmp(row->name, name, whole))
			*ret_number = family_number(row, name, n);
		if (*ret_number >= 0)
			return i;
		if (strncasecmp(row->name, name, n) != 0 || row->family)
			continue;
		if (whole == n)
			return i;
		if (n && c->command && c->command->options & 1U << i)
			found = found == -1 ? i : -2;
	}
	return found;
}

/* Keeps @value beside what was given before, if the option takes several. */
static int keep(struct context *c, int id, int number, const char *value)
{
	char *all;

	if (number >= 0) {
		c->slot[number] = value;
	} else if (option_table[id].joined && c->value[id]) {
		if (asprintf(&all, "%s,%s", c->value[id], value) < 0)
			return usage_error(c->command, "out of memory");
		free(c->joined[id]);
		c->joined[id] = all;
		value = all;
	}
	c->value[id] = value;
	return 0;
}

/* "--force", "--force 1", "--force=0": a word follows only if it is a boolean's. */
static int take_switch(struct context *c, int id, const char *equals, int argc,
		       char **argv, int *i)
{
	bool on = true;

	if (equals) {
		if (equals[1] && key_parse_bool(equals + 1, &on) < 0)
			return usage_error(c->command, "--%s is 0 or 1",
					   option_table[id].name);
	} else if (*i + 1 < argc && key_parse_bool(argv[*i + 1], &on) == 0) {
		++*i;
	}
	return keep(c, id, -1, on ? "1" : "0");
}

/* @id: -1: there is none of this name, -2: there are several. */
static int wrong_option(const struct context *c, int id, const char *word,
			const char *name)
{
	for (int i = 0; i < _OPTION_MAX; i++) {
		const struct option_row *row = &option_table[i];
		size_t n = strlen(row->name);

		if (row->family && !strncasecmp(row->name, name, n) && name[n] >= '0' &&
		    name[n] <= '9')
			return usage_error(
				c->command,
				"there is no option '%s': %s0 to %s%d are there", word,
				row->name, row->name, LIMIT_SLOTS - 1);
	}
	return usage_error(c->command, "%s option '%s'",
			   id == -1 ? "unknown" : "ambiguous", word);
}

/* argv[*i] is an option; steps over its value. */
static int take_option(struct context *c, int argc, char **argv, int *i)
{
	const char *word = argv[*i], *name = word + (word[1] == '-' ? 2 : 1);
	const char *equals = word[1] == '-' ? strchr(name, '=') : NULL;
	int number, id;

	id = find_option(c, name, equals ? (size_t)(equals - name) : strlen(name),
			 &number);
	if (id == -1 && c->command == &command_set && vmoption_find(name))
		return usage_error(c->command,
				   "'%s' is set with qm: hostpci set changes the devices "
				   "that are passed through",
				   word);
	if (id < 0)
		return wrong_option(c, id, word, name);
	if (!option_table[id].value) {
		if (equals)
			return usage_error(c->command, "--%s takes no value",
					   option_table[id].name);
		c->value[id] = "";
		return 0;
	}
	if (!strcmp(option_table[id].value, OPTION_SWITCH))
		return take_switch(c, id, equals, argc, argv, i);
	if (!equals && ++*i >= argc)
		return usage_error(c->command, "%s needs %s", word,
				   option_table[id].value);
	return keep(c, id, number, equals ? equals + 1 : argv[*i]);
}

int unknown_verb(const char *word)
{
	const char *nearest = NULL;
	unsigned best = words_far(word);

	for (size_t i = 0; command_table[i]; i++) {
		unsigned d = words_distance(word, command_table[i]->name);

		if (d < best) {
			best = d;
			nearest = command_table[i]->name;
		}
	}
	return usage_error(NULL, "there is no verb '%s'%s%s%s", word,
			   nearest ? " (did you mean '" : "", nearest ? nearest : "",
			   nearest ? "'?)" : "");
}

static int take_word(struct context *c, const char *word)
{
	if (!c->command) {
		c->command = command_find(word);
		return c->command ? 0 : unknown_verb(word);
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
				   c->command->arguments[0] ? c->command->arguments
							    : "no argument");
	if (c->value[OPTION_NODE] && !node_is_name(c->value[OPTION_NODE]))
		return usage_error(c->command, "--node: '%s' is no name of a node",
				   c->value[OPTION_NODE]);
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

bool option_on(const struct context *context, enum option_id id)
{
	return context->value[id] && !strcmp(context->value[id], "1");
}

void options_free(struct context *context)
{
	for (int i = 0; i < _OPTION_MAX; i++)
		free(context->joined[i]);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

static int run(struct context *context)
{
	const struct command *command = NULL;

	if (context->arguments && !(command = command_find(context->argument[0])))
		return unknown_verb(context->argument[0]);
	help_print(command, stdout);
	return EXIT_CODE_DONE;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[VERB]",
	.summary = "list the verbs, or say more about one",
	.min = 0,
	.max = 1,
	.run = run,
};

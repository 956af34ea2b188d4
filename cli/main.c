/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/node.h"
#include "base/progress.h"
#include "base/say.h"
#include "base/utf8.h"
#include "cli/command.h"

const struct command *const command_table[] = {
	&command_attach,
	&command_boot,
	&command_config,
	&command_detach,
	&command_help,
	&command_list,
	&command_mapping,
	&command_mdev,
	&command_parse,
	&command_plan,
	&command_release,
	&command_set,
	&command_showcmd,
	&command_sriov,
	&command_status,
	&command_sweep,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; command_table[i]; i++)
		if (!strcmp(command_table[i]->name, name))
			return command_table[i];
	return NULL;
}

enum { HEAD_WIDTH = 40 };

static void print_options(unsigned own, FILE *out)
{
	for (int i = 0; i < _OPTION_MAX; i++) {
		const struct option_row *row = &option_table[i];
		char head[64];

		if (!row->global && !(own & 1U << i))
			continue;
		(void)snprintf(head, sizeof(head), "--%s%s%s%s", row->name,
			       row->family ? "N" : "", row->value ? " " : "",
			       row->value ? row->value : "");
		(void)fprintf(out, "  %-*s %s\n", HEAD_WIDTH, head, row->help);
	}
}

/* One that is too long has its summary on a line of its own. */
static void print_head(const struct command *command, FILE *out)
{
	int n = fprintf(out, "  %s %s", command->name, command->arguments);

	if (n > 2 + HEAD_WIDTH)
		n = fprintf(out, "\n") - 1;
	(void)fprintf(out, "%*s %s\n", 2 + HEAD_WIDTH - n, "", command->summary);
}

void help_print(const struct command *command, FILE *out)
{
	if (command) {
		(void)fprintf(out, "usage: hostpci %s%s%s [OPTION]...\n%s\n",
			      command->name, command->arguments[0] ? " " : "",
			      command->arguments, command->summary);
		if (command->help)
			(void)fprintf(out, "\n%s", command->help);
		(void)fprintf(out, "\nOptions:\n");
		print_options(command->options, out);
		return;
	}
	(void)fprintf(out, "usage: hostpci VERB [ARGUMENT]... [OPTION]...\n"
			   "Gives PCI devices of this host to virtual machines and takes "
			   "them back.\n\n"
			   "Verbs:\n");
	for (size_t i = 0; command_table[i]; i++)
		print_head(command_table[i], out);
	(void)fprintf(out, "\nOptions, before or after the verb:\n");
	print_options(0, out);
	(void)fprintf(out, "\nhostpci VERB --help says more. See hostpci(1).\n");
}

int usage_error(const struct command *command, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say_clean(text);
	(void)fprintf(stderr, "hostpci: %s\nTry 'hostpci %s%s--help'.\n", text,
		      command ? command->name : "", command ? " " : "");
	return EXIT_CODE_USAGE;
}

bool argument_vmid(const struct context *context, int n, uint32_t *ret)
{
	if (vmid_parse(context->argument[n], ret) == 0)
		return true;
	(void)usage_error(context->command,
			  "'%s' is no VMID (a number from 100 to 999999999)",
			  context->argument[n]);
	return false;
}

struct json_object *json_word(const char *text)
{
	return text[0] ? json_object_new_string(text) : NULL;
}

void json_print(const struct context *context, struct json_object *value)
{
	_cleanup_free_ char *text = NULL;
	int flags = context->format == FORMAT_JSON_PRETTY
			    ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
			    : JSON_C_TO_STRING_PLAIN;

	text = utf8_escaped(json_object_to_json_string_ext(
		value, flags | JSON_C_TO_STRING_NOSLASHESCAPE));
	if (text)
		(void)printf("%s\n", text);
	json_object_put(value);
}

int error_print(const struct context *context, int code, const struct err *err)
{
	char text[sizeof(struct err)];
	struct json_object *o;

	(void)err_text(err, text, sizeof(text));
	if (context->format == FORMAT_TEXT) {
		(void)fprintf(stderr, "hostpci: %s\n", text);
		return code;
	}
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(false));
	json_object_object_add(o, "error", json_object_new_string(text));
	json_print(context, o);
	return code;
}

bool command_is_root(const struct context *context, const char *what)
{
	struct err err;

	if (geteuid() == 0 || context->root.moved)
		return true;
	(void)err_set(&err, EACCES, "%s changes this host", what);
	(void)error_print(context, EXIT_CODE_REFUSED, &err);
	return false;
}

void warn_all(const struct context *context, const struct notes *notes)
{
	for (size_t i = 0; i < notes->n && !context->value[OPTION_QUIET]; i++)
		(void)fprintf(stderr, "hostpci: warning: %s\n", notes->text[i]);
}

int change_run(struct context *context, const struct request *request,
	       enum report_style style, struct json_object **ret)
{
	_cleanup_(outcome_free) struct outcome outcome;
	int code = machine_change(request, &outcome);

	report_store(&context->root, &outcome); /* before somebody has to read it */
	if (context->format != FORMAT_TEXT)
		*ret = report_json(&outcome);
	else if (code || !context->value[OPTION_QUIET])
		report_text(&context->root, &outcome,
			    context->value[OPTION_VERBOSE] ? REPORT_PLAN : style,
			    code && !request->dry ? stderr : stdout);
	return code;
}

/* Who has set it means another root than this one's. */
static int refuse_environment(const struct context *context)
{
	const char *dir = secure_getenv("HOSTPCI_ROOT");

	if (!dir || context->value[OPTION_ROOT] || context->command == &command_help)
		return 0;
	return usage_error(context->command,
			   "HOSTPCI_ROOT is set ('%s'), which is for hooks: give --root "
			   "%s, or unset it to work on this host",
			   dir, dir[0] ? dir : "DIR");
}

static int run_command(struct context *context)
{
	struct err err;
	int code;

	if (context->value[OPTION_VERSION]) {
		(void)printf("hostpci %s\n", HOSTPCI_VERSION);
		return EXIT_CODE_DONE;
	}
	if (context->value[OPTION_HELP]) {
		help_print(context->command, stdout);
		return EXIT_CODE_DONE;
	}
	if (refuse_environment(context))
		return EXIT_CODE_USAGE;
	if (root_open(context->value[OPTION_ROOT], &context->root, &err) < 0) {
		(void)fprintf(stderr, "hostpci: %s\n", err.msg);
		return EXIT_CODE_USAGE;
	}
	if (context->value[OPTION_NODE] &&
	    node_is_unknown(&context->root, context->value[OPTION_NODE])) {
		(void)err_set(&err, ENOENT,
			      "the cluster has no node '%s': /etc/pve/nodes has those "
			      "there are",
			      context->value[OPTION_NODE]);
		code = error_print(context, EXIT_CODE_CONFIG, &err);
	} else {
		if (!context->value[OPTION_QUIET] && context->format == FORMAT_TEXT)
			progress_to(STDERR_FILENO);
		code = context->command->run(context);
	}
	root_close(&context->root);
	return code;
}

int main(int argc, char **argv)
{
	struct context context;
	int code = options_parse(argc, argv, &context);

	if (!code)
		code = run_command(&context);
	options_free(&context);
	/* What could not be printed was not told. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, "hostpci: the output cannot be written\n");
		return code ? code : EXIT_CODE_REFUSED;
	}
	return code;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-c/json.h>

#include "report/report.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_JSON_PRETTY, _FORMAT_MAX };

/* Options, as bits: which ones a verb takes. */
enum option_id {
	OPTION_ROOT,
	OPTION_NODE,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_OUTPUT_FORMAT,
	OPTION_STANDALONE,
	OPTION_FORMAT,
	OPTION_HOSTPCI,
	OPTION_DELETE,
	OPTION_REVERT,
	OPTION_DIGEST,
	OPTION_FORCE,
	OPTION_SKIPLOCK,
	OPTION_CURRENT,
	OPTION_SNAPSHOT,
	OPTION_FULL,
	OPTION_DRY_RUN,
	OPTION_ALL,
	OPTION_CHECK,
	OPTION_STORAGE,
	OPTION_ATTRIBUTE,
	_OPTION_MAX,
};

struct option_row {
	const char *name;
	const char *value; /* what follows it, in help; NULL: nothing does */
	bool global;	   /* before or after any verb */
	const char *help;
	bool family; /* NAME0 to NAME15, see context.slot */
	bool joined; /* given again, the values are joined with commas */
};

/* The value of an option that is on, or is switched by what follows it. */
#define OPTION_SWITCH "[0|1]"

extern const struct option_row option_table[_OPTION_MAX];

/* What the command line says. */
struct context {
	struct root root;
	const struct command *command;
	const char *value[_OPTION_MAX]; /* of each option, "" where it takes none; NULL:
					   absent */
	const char *argument[LIMIT_ARGUMENTS]; /* what is no option */
	int arguments;
	enum format format;
	const char *slot[LIMIT_SLOTS]; /* of an option that is a family, by its number */
	char *joined[_OPTION_MAX];     /* owned: values that were joined */
};

/* One verb: one file in cli/, one line in the table of main.c. */
struct command {
	const char *name;
	const char *arguments; /* "VMID [PHASE]" */
	const char *summary;   /* one line */
	const char *help;      /* more lines, each with its newline; may be NULL */
	unsigned options;      /* 1 << enum option_id, beside the global ones */
	int min, max;	       /* number of arguments */
	int (*run)(struct context *context);
};

extern const struct command command_attach;
extern const struct command command_boot;
extern const struct command command_config;
extern const struct command command_detach;
extern const struct command command_help;
extern const struct command command_list;
extern const struct command command_mapping;
extern const struct command command_mdev;
extern const struct command command_parse;
extern const struct command command_plan;
extern const struct command command_release;
extern const struct command command_set;
extern const struct command command_showcmd;
extern const struct command command_sriov;
extern const struct command command_status;
extern const struct command command_sweep;

/* The verbs, NULL at the end. */
extern const struct command *const command_table[];
/* NULL: there is none of that name. */
const struct command *command_find(const char *name);
/* Says that @word is none, and which may be meant; EXIT_CODE_USAGE. */
int unknown_verb(const char *word);

/*
 * Reads the command line into @ret (the root is not opened yet). Words are as qm has
 * them: -name value, --name value, --name=value. 0, or EXIT_CODE_USAGE after saying why.
 */
int options_parse(int argc, char **argv, struct context *ret);
void options_free(struct context *context);

/* True for a switch that is on. */
bool option_on(const struct context *context, enum option_id id);

void help_print(const struct command *command, FILE *out);

/* Says what is wrong with the command line, and where help is; EXIT_CODE_USAGE. */
int usage_error(const struct command *command, const char *fmt, ...) _printf_(2, 3);

/* Parses argument @n as VMID; false after saying that it is none. */
bool argument_vmid(const struct context *context, int n, uint32_t *ret);

/* Says @err, on stderr or as {"ok": false, "error": ...}; returns @code. */
int error_print(const struct context *context, int code, const struct err *err);

/* True for root, and on a root that was moved; false after saying that @what needs it. */
bool command_is_root(const struct context *context, const char *what);

/* Says each note as a warning on stderr, unless --quiet. */
void warn_all(const struct context *context, const struct notes *notes);

/* @text, or null (NULL) for an empty one. */
struct json_object *json_word(const char *text);

/* Prints and puts @value, in the format that was asked for: once a run, as all of its
 * output is one document. */
void json_print(const struct context *context, struct json_object *value);

/* Runs a change through the pipeline and reports it: as text, or as *@ret, which the
 * caller prints. */
int change_run(struct context *context, const struct request *request,
	       enum report_style style, struct json_object **ret);

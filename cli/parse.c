/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "spec/slot-check.h"
#include "spec/vmoption.h"

static struct json_object *parsed_json(const struct vmformat_values *values)
{
	struct json_object *o = json_object_new_object();

	for (int i = 0; values->format->key[i].name; i++) {
		const struct vmformat_key *key = &values->format->key[i];
		const char *value = values->value[i];
		bool flag = key->kind == VMFORMAT_KIND_BOOL;

		if (value)
			json_object_object_add(o, key->name,
					       flag ? json_object_new_int(value[0] == '1')
						    : json_object_new_string(value));
	}
	return o;
}

static int print(const struct context *context, const struct vmformat_values *values)
{
	_cleanup_free_ char *printed = vmformat_print(values);
	struct json_object *o;

	if (!printed) {
		(void)fprintf(stderr, "hostpci: out of memory\n");
		return EXIT_CODE_REFUSED;
	}
	if (context->format == FORMAT_TEXT) {
		(void)printf("%s\n", printed);
		return EXIT_CODE_DONE;
	}
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(true));
	json_object_object_add(o, "parsed", parsed_json(values));
	json_object_object_add(o, "printed", json_object_new_string(printed));
	json_print(context, o);
	return EXIT_CODE_DONE;
}

/* What Proxmox takes, and a start then refuses. */
static void warn(const struct context *context)
{
	_cleanup_(notes_free) struct notes notes = {0};
	struct err err;

	if (slot_value_check(context->argument[0], "the value", &notes, &err) < 0)
		notes_add(&notes, "%s", err.msg);
	warn_all(context, &notes);
}

static int run(struct context *context)
{
	struct vmformat_values values;
	struct err err;
	int code;

	if (vmformat_parse(&vmformat_hostpci, context->argument[0], &values, &err) < 0)
		return error_print(context, EXIT_CODE_CONFIG, &err);
	if (context->format == FORMAT_TEXT)
		warn(context);
	code = print(context, &values);
	vmformat_values_free(&values);
	return code;
}

const struct command command_parse = {
	.name = "parse",
	.arguments = "VALUE",
	.summary = "check the value of a hostpciN line as Proxmox does",
	.help = "Prints the value in Proxmox's canonical form. Only the form is "
		"checked:\n"
		"hostpci plan says whether the device is there.\n"
		"Exit code: 0 Proxmox takes it, 78 Proxmox drops it.\n",
	.min = 1,
	.max = 1,
	.run = run,
};

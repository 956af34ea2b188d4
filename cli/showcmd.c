/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "plan/qemu-args.h"
#include "report/libvirt-xml.h"
#include "run/claims.h"

/* True if a POSIX shell takes @word as it stands. */
static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_@%+=:,./-")];
}

static void print_quoted(const char *word)
{
	if (is_plain(word)) {
		(void)fputs(word, stdout);
		return;
	}
	(void)putchar('\'');
	for (; *word; word++)
		(void)fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, stdout);
	(void)putchar('\'');
}

static void print_text(const struct qemu_args *args)
{
	for (size_t i = 0; i < args->n; i++) {
		if (i)
			(void)putchar(' ');
		print_quoted(args->word[i]);
	}
	if (args->n)
		(void)putchar('\n');
}

static struct json_object *args_json(const struct qemu_args *args)
{
	struct json_object *o = json_object_new_object(), *words, *chosen, *list = NULL;
	char name[16];

	json_object_object_add(o, "ok", json_object_new_boolean(true));
	words = json_object_new_array();
	for (size_t i = 0; i < args->n; i++)
		json_object_array_add(words, json_object_new_string(args->word[i]));
	json_object_object_add(o, "args", words);
	chosen = json_object_new_object();
	for (unsigned i = 0; i < args->chosen_n; i++) {
		const struct qemu_chosen *c = &args->chosen[i];

		if (!i || c->slot != args->chosen[i - 1].slot) {
			list = json_object_new_array();
			(void)snprintf(name, sizeof(name), "hostpci%u", c->slot);
			json_object_object_add(chosen, name, list);
		}
		json_object_array_add(list, json_object_new_string(c->name));
	}
	json_object_object_add(o, "chosen", chosen);
	json_object_object_add(o, "kvm_off", json_object_new_int(args->kvm_off));
	json_object_object_add(o, "gpu_passthrough",
			       json_object_new_int(args->gpu_passthrough));
	json_object_object_add(o, "legacy_igd", json_object_new_int(args->legacy_igd));
	json_object_object_add(o, "vga", json_object_new_string(args->vga));
	return o;
}

static int load(const struct context *context, uint32_t vmid, struct spec *ret,
		struct err *err)
{
	int r = spec_load(&context->root, context->value[OPTION_NODE], vmid, ret, err);

	if (r == 0 && (ret->have_config || ret->have_policy))
		return 0;
	if (r == 0)
		r = err_set(
			err, EINVAL,
			"there is no VM %u: neither /etc/pve/qemu-server/%u.conf nor %s; "
			"correct the number, or make the file",
			vmid, vmid, ret->config);
	spec_free(ret);
	return r;
}

/* The elements as text, or in {"ok":true,"xml":...}. */
static int show_libvirt(const struct context *context, const struct spec *spec,
			const struct facts *facts)
{
	_cleanup_free_ char *xml = NULL;
	_cleanup_(notes_free) struct notes notes = {0};
	size_t size;
	FILE *out = open_memstream(&xml, &size);
	struct json_object *o;
	struct err err;
	int r;

	r = out ? libvirt_xml(spec, facts, out, &notes, &err)
		: err_set(&err, ENOMEM, "out of memory");
	if (out)
		(void)fclose(out);
	if (r < 0)
		return error_print(context, EXIT_CODE_REFUSED, &err);
	warn_all(context, &notes);
	if (context->format == FORMAT_TEXT) {
		(void)fputs(xml, stdout);
		return EXIT_CODE_DONE;
	}
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(true));
	json_object_object_add(o, "xml", json_object_new_string(xml));
	json_print(context, o);
	return EXIT_CODE_DONE;
}

/* Of virtual functions that policy leaves open, what was prepared for the machine. */
static int prefer_own(const struct context *context, const struct spec *spec,
		      struct facts *facts, struct err *err)
{
	int r = 0;

	for (int scope = 0; r == 0 && scope < _SCOPE_MAX; scope++) {
		_cleanup_(journal_freep) struct journal *j = NULL;

		/* Nothing that could be known is prepared. */
		if (journal_read(&context->root, spec->vmid, (enum scope)scope, &j,
				 NULL) == 0)
			r = claims_own(j, facts);
	}
	return r < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int show(const struct context *context, const struct spec *spec, bool libvirt)
{
	_cleanup_(facts_freep) struct facts *facts = facts_new();
	_cleanup_(qemu_args_free) struct qemu_args args = {0};
	struct err err;
	int r = facts ? 0 : err_set(&err, ENOMEM, "out of memory");

	warn_all(context, &spec->notes);
	if (r == 0 && !spec->machine.template)
		r = prefer_own(context, spec, facts, &err);
	if (r == 0 && !spec->machine.template)
		r = facts_resolve(&context->root, spec, facts, &err);
	if (r == 0 && libvirt)
		return show_libvirt(context, spec, facts);
	if (r == 0)
		r = qemu_args_build(spec, facts,
				    context->value[OPTION_STANDALONE] != NULL, &args,
				    &err);
	if (r < 0)
		return error_print(context,
				   r == -EINVAL ? EXIT_CODE_CONFIG : EXIT_CODE_REFUSED,
				   &err);
	if (context->format == FORMAT_TEXT)
		print_text(&args);
	else
		json_print(context, args_json(&args));
	return EXIT_CODE_DONE;
}

static int run(struct context *context)
{
	const char *format = context->value[OPTION_FORMAT];
	struct spec spec = {0};
	uint32_t vmid;
	struct err err;
	bool libvirt;
	int code;

	if (!format)
		format = "qemu";
	if (!argument_vmid(context, 0, &vmid))
		return EXIT_CODE_USAGE;
	libvirt = !strcmp(format, "libvirt-xml");
	if (!libvirt && strcmp(format, "qemu") != 0)
		return usage_error(context->command, "--format is qemu or libvirt-xml");
	if (libvirt && context->value[OPTION_STANDALONE])
		return usage_error(context->command,
				   "--standalone is for --format qemu: libvirt adds its "
				   "own ports");
	if (load(context, vmid, &spec, &err) < 0)
		return error_print(context, EXIT_CODE_CONFIG, &err);
	code = show(context, &spec, libvirt);
	spec_free(&spec);
	return code;
}

const struct command command_showcmd = {
	.name = "showcmd",
	.arguments = "VMID",
	.summary = "print the QEMU arguments of a machine's passthrough devices",
	.help = "They are the ones that Proxmox adds. With --standalone, those for a "
		"plain\n"
		"qemu-system-x86_64 -machine q35 or pc: the root ports and bridges that "
		"the\n"
		"devices sit on come first. With x-vga=1 QEMU also needs -vga none.\n"
		"Where a mapping leaves a choice it is the first one, as qm showcmd has "
		"it: what\n"
		"other machines hold does not count. Nothing is reserved, bound or "
		"changed.\n"
		"With --format libvirt-xml: <hostdev managed='yes'> elements for a "
		"libvirt domain;\n"
		"libvirt then binds the devices itself.\n"
		"Exit code: 0 printed, 1 a device is not there or not as its mapping "
		"says,\n"
		"78 the configuration is wrong.\n",
	.options = 1U << OPTION_STANDALONE | 1U << OPTION_FORMAT,
	.min = 1,
	.max = 1,
	.run = run,
};

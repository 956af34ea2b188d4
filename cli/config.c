/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/sha1.h"
#include "cli/command.h"
#include "spec/vmfile.h"
#include "spec/vmpending.h"
#include "spec/vmstore.h"
#include "spec/vmvalid.h"

/* Takes what is pending in: the configuration after the next start. */
static int take_pending(struct vmfile *vm)
{
	_cleanup_(vmpending_names_free) struct vmfile_section names = {0};
	int r = vmpending_names(&vm->pending, &names);

	for (size_t i = 0; i < vm->pending.n && r == 0; i++) {
		const struct vmfile_entry *e = &vm->pending.entry[i];

		if (strcmp(e->key, "delete") != 0)
			r = vmfile_set(&vm->current, e->key, e->value.data, e->value.size,
				       0);
	}
	for (size_t i = 0; i < names.n && r == 0; i++)
		if (vmfile_is_true(&vm->current, names.entry[i].key))
			vmfile_unset(&vm->current, names.entry[i].key);
	return r;
}

/* A value as qm shows it: a description on one line, no password. */
static int shown(const struct vmfile_section *section, const struct vmfile_entry *e,
		 struct vmtext *ret)
{
	static const char hidden[] = "**********";
	bool secret = !strcmp(e->key, "cipassword") && vmfile_is_true(section, e->key);

	*ret = (struct vmtext){0};
	if (!strcmp(e->key, "description"))
		return vmtext_add_encoded(ret, e->value.data, e->value.size);
	return vmtext_add(ret, secret ? hidden : e->value.data,
			  secret ? strlen(hidden) : e->value.size);
}

static int print(const struct context *context, const struct vmfile_section *section,
		 const char *digest)
{
	struct json_object *o = json_object_new_object();
	bool json = context->format != FORMAT_TEXT;
	int r = 0;

	for (size_t i = 0; i < section->n && r == 0; i++) {
		const struct vmfile_entry *e = &section->entry[i];
		_cleanup_(vmtext_free) struct vmtext text;

		r = shown(section, e, &text);
		if (r < 0)
			break;
		if (json) {
			json_object_object_add(
				o, e->key,
				json_object_new_string_len(text.size ? text.data : "",
							   (int)text.size));
			continue;
		}
		(void)printf("%s: ", e->key);
		(void)fwrite(text.data, 1, text.size, stdout);
		(void)putchar('\n');
	}
	if (json && r == 0) {
		json_object_object_add(o, "digest", json_object_new_string(digest));
		json_print(context, o);
	} else {
		json_object_put(o);
	}
	return r;
}

static int show(const struct context *context, const struct vmtext *text,
		const char *path, struct err *err)
{
	_cleanup_(vmfile_free) struct vmfile vm = {0};
	const char *snapshot = context->value[OPTION_SNAPSHOT];
	const struct vmfile_section *section = &vm.current;
	int r = vmfile_parse(text->data, text->size, path, &vm, err);

	if (r < 0)
		return r;
	warn_all(context, &vm.dropped);
	if (snapshot) {
		section = vmfile_find(&vm.snapshots, snapshot);
		if (!section)
			return err_at(err, ENOENT, path, 0, "there is no snapshot '%s'",
				      snapshot);
	} else if (!option_on(context, OPTION_CURRENT)) {
		r = take_pending(&vm);
	}
	if (r == 0)
		r = print(context, section,
			  sha1_text(text->data, text->size, (char[SHA1_TEXT]){0}));
	return r < 0 ? err_set(err, -r, "%s", strerror(-r)) : 0;
}

static int run(struct context *context)
{
	_cleanup_(vmtext_free) struct vmtext text = {0};
	const char *snapshot = context->value[OPTION_SNAPSHOT];
	struct vmstore store;
	struct err err;
	uint32_t vmid;

	if (!argument_vmid(context, 0, &vmid))
		return EXIT_CODE_USAGE;
	if (snapshot && option_on(context, OPTION_CURRENT))
		return usage_error(context->command,
				   "--snapshot and --current exclude each other");
	if (snapshot && !valid_config_id(snapshot))
		return usage_error(context->command, "'%s' is no name of a snapshot",
				   snapshot);
	if (vmstore_read(&context->root, context->value[OPTION_NODE], vmid, &store, &text,
			 &err) < 0 ||
	    show(context, &text, store.path, &err) < 0)
		return error_print(context, EXIT_CODE_CONFIG, &err);
	return EXIT_CODE_DONE;
}

const struct command command_config = {
	.name = "config",
	.arguments = "VMID",
	.summary = "show the configuration of a VM, as qm config does",
	.help = "Pending changes are taken in, unless --current is given. What Proxmox "
		"drops\n"
		"from the file is named on stderr. JSON also has the digest for hostpci "
		"set.\n"
		"Exit code: 0 shown, 78 there is no such VM or snapshot.\n",
	.options = 1U << OPTION_CURRENT | 1U << OPTION_SNAPSHOT,
	.min = 1,
	.max = 1,
	.run = run,
};

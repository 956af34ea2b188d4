/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/hooks.h"

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "spec/policy.h"
#include "spec/vmstore.h"

/* @hook as a text of libconfig, in what is added. */
static int block(const char *hook, struct vmtext *ret)
{
	static const char head[] =
		"# The hookscript that was there before (hostpci attach); hostpci detach "
		"restores it.\nhooks = [ \"";
	struct vmtext text = {0};
	int r = vmtext_add(&text, head, strlen(head));

	for (; r == 0 && *hook; hook++) {
		if (*hook == '"' || *hook == '\\')
			r = vmtext_add(&text, "\\", 1);
		if (r == 0)
			r = vmtext_add(&text, hook, 1);
	}
	if (r == 0)
		r = vmtext_add(&text, "\" ];\n", strlen("\" ];\n"));
	if (r < 0)
		vmtext_free(&text);
	else
		*ret = text;
	return r;
}

int hooks_text_add(const struct vmtext *text, const char *hook, struct vmtext *ret)
{
	_cleanup_(vmtext_free) struct vmtext added = {0};
	struct vmtext all = {0};
	bool ends = !text->size || text->data[text->size - 1] == '\n';
	int r = block(hook, &added);

	if (r == 0)
		r = vmtext_add(&all, text->data, text->size);
	if (r == 0)
		r = vmtext_add(&all, "\n", ends ? 0 : 1);
	if (r == 0)
		r = vmtext_add(&all, added.data, added.size);
	if (r < 0)
		vmtext_free(&all);
	else
		*ret = all;
	return r;
}

int hooks_text_remove(const struct vmtext *text, const char *hook, struct vmtext *ret)
{
	_cleanup_(vmtext_free) struct vmtext added = {0};
	struct vmtext all = {0};
	const char *at;
	int r = block(hook, &added);

	if (r < 0)
		return r;
	at = text->data ? strstr(text->data, added.data) : NULL;
	if (!at) {
		*ret = (struct vmtext){0};
		return 0;
	}
	r = vmtext_add(&all, text->data, (size_t)(at - text->data));
	if (r == 0)
		r = vmtext_add(&all, at + added.size, strlen(at + added.size));
	if (r < 0)
		vmtext_free(&all);
	else
		*ret = all;
	return r;
}

#define HOOKS_FOLDER "/etc/pve/hostpci/vm"

/* The cluster's policy of @vmid; one that is not there is empty. */
static int read_policy(const struct root *root, uint32_t vmid, struct vmstore *store,
		       struct vmtext *ret, struct err *err)
{
	int r;

	*ret = (struct vmtext){0};
	(void)snprintf(store->folder, sizeof(store->folder), "%s", HOOKS_FOLDER);
	(void)snprintf(store->name, sizeof(store->name), "%u.conf", vmid);
	(void)snprintf(store->path, sizeof(store->path), "%s/%s", store->folder,
		       store->name);
	r = file_read_trusted(root, store->path, LIMIT_CONFIG, &ret->data, &ret->size,
			      err);
	return r == -ENOENT ? 0 : r;
}

static bool is_only(const struct text_list *hooks, const char *hook)
{
	return hooks->n == 1 && !strcmp(hooks->text, hook);
}

static int write_policy(const struct root *root, const struct vmstore *store,
			const struct vmtext *text, struct err *err)
{
	int r = file_mkdir(root, "/etc/pve/hostpci", 0755);

	if (r == 0)
		r = file_mkdir(root, HOOKS_FOLDER, 0755);
	return r < 0 ? vmstore_error(store->path, -r, err)
		     : vmstore_replace(root, store, text, err);
}

static int add(const struct root *root, uint32_t vmid, const char *hook, struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0}, changed = {0};
	struct text_list hooks = {0};
	struct vmstore store;
	int r = read_policy(root, vmid, &store, &text, err);

	if (r < 0)
		return r;
	if (hooks_text_add(&text, hook, &changed) < 0)
		return err_set(err, ENOMEM, "out of memory");
	r = write_policy(root, &store, &changed, err);
	if (r < 0)
		return r;
	r = spec_load_hooks(root, vmid, &hooks, err);
	if (r == 0 && is_only(&hooks, hook))
		return 0;
	if (r == 0) /* hooks = [] in this node's own policy */
		r = err_set(err, EEXIST,
			    "hooks in /etc/hostpci/vm/%u.conf win over those in %s: "
			    "write there hooks = [ \"%s\" ];",
			    vmid, store.path, hook);
	(void)!hooks_unchain(root, vmid, hook, NULL);
	return r;
}

int hooks_check(const struct root *root, uint32_t vmid, const char *hook, struct err *err)
{
	struct text_list hooks = {0};
	int r = spec_load_hooks(root, vmid, &hooks, err);

	if (r < 0 || is_only(&hooks, hook))
		return r < 0 ? r : 1;
	if (hooks.n)
		return err_set(err, EEXIST,
			       "it has hooks in its policy already, and the hookscript "
			       "%s beside them: add \"%s\" to hooks by hand, where it "
			       "is to run, and then remove the hookscript (qm set %u "
			       "--delete hookscript)",
			       hook, hook, vmid);
	return 0;
}

int hooks_chain(const struct root *root, uint32_t vmid, const char *hook, struct err *err)
{
	int r = hooks_check(root, vmid, hook, err);

	if (r != 0)
		return r < 0 ? r : 0;
	return add(root, vmid, hook, err);
}

int hooks_unchain(const struct root *root, uint32_t vmid, const char *hook,
		  struct err *err)
{
	_cleanup_(vmtext_free) struct vmtext text = {0}, changed = {0};
	struct vmstore store;
	int r = read_policy(root, vmid, &store, &text, err);

	if (r < 0)
		return r;
	if (hooks_text_remove(&text, hook, &changed) < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (!changed.data)
		return 0;
	if (changed.data[strspn(changed.data, " \t\n")])
		return vmstore_replace(root, &store, &changed, err);
	r = file_remove(root, store.folder, store.name);
	return r < 0 ? vmstore_error(store.path, -r, err) : 0;
}

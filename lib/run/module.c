/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <libkmod.h>

struct kmod {
	struct kmod_ctx *(*new)(const char *dirname, const char *const *config_paths);
	struct kmod_ctx *(*unref)(struct kmod_ctx *ctx);
	int (*lookup)(struct kmod_ctx *ctx, const char *alias, struct kmod_list **list);
	struct kmod_module *(*get)(const struct kmod_list *entry);
	struct kmod_list *(*next)(const struct kmod_list *list,
				  const struct kmod_list *at);
	struct kmod_module *(*module_unref)(struct kmod_module *mod);
	int (*list_unref)(struct kmod_list *list);
	int (*insert)(struct kmod_module *mod, unsigned flags, const char *options,
		      int (*run_install)(struct kmod_module *, const char *, void *),
		      const void *data,
		      void (*action)(struct kmod_module *, bool, const char *));
};

/* Assigns a symbol; ISO C has no cast from an object to a function pointer. */
static bool symbol(void *library, const char *name, void *to)
{
	*(void **)to = dlsym(library, name);
	return *(void **)to != NULL;
}

static bool load_library(void *library, struct kmod *k)
{
	return symbol(library, "kmod_new", &k->new) &&
	       symbol(library, "kmod_unref", &k->unref) &&
	       symbol(library, "kmod_module_new_from_lookup", &k->lookup) &&
	       symbol(library, "kmod_module_get_module", &k->get) &&
	       symbol(library, "kmod_list_next", &k->next) &&
	       symbol(library, "kmod_module_unref", &k->module_unref) &&
	       symbol(library, "kmod_module_unref_list", &k->list_unref) &&
	       symbol(library, "kmod_module_probe_insert_module", &k->insert);
}

static int insert_all(const struct kmod *k, struct kmod_list *list)
{
	int r = list ? 0 : -ENOENT;

	for (struct kmod_list *at = list; r == 0 && at; at = k->next(list, at)) {
		struct kmod_module *mod = k->get(at);

		/* A blacklist line forbids loading by alias, not by name (modprobe.d(5)).
		 */
		r = k->insert(mod, KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY, NULL, NULL,
			      NULL, NULL);
		k->module_unref(mod);
	}
	return r;
}

int module_load(const struct root *root, const char *name)
{
	struct kmod_list *list = NULL;
	struct kmod_ctx *ctx;
	struct kmod k;
	void *library;
	int r;

	if (root->moved)
		return -ENOTSUP;
	library = dlopen("libkmod.so.2", RTLD_NOW | RTLD_LOCAL);
	if (!library || !load_library(library, &k))
		return -ELIBACC;
	ctx = k.new(NULL, NULL);
	if (!ctx)
		return -ENOMEM;
	r = k.lookup(ctx, name, &list);
	if (r >= 0)
		r = insert_all(&k, list);
	k.list_unref(list);
	k.unref(ctx);
	/* The library stays: its destructors are nothing that a child needs to run. */
	return r > 0 ? 0 : r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmedit.h"

#include <errno.h>
#include <string.h>

#include "spec/vmapply.h"
#include "spec/vmoption.h"
#include "spec/vmpending.h"

enum { NAME_OF_SLOT = sizeof("hostpci4294967295") };

struct work {
	const struct vmedit *edit;
	const char *file;
	struct vmfile vm;
	struct vmtext text;	      /* what was written last */
	bool written;		      /* @text is new */
	struct vmfile_section remove; /* keys: what to remove, value: unused */
	struct vmfile_section kept;   /* reverted values */
	struct notes *notes;
};

static const char *slot_name(unsigned n, char buf[static NAME_OF_SLOT])
{
	(void)snprintf(buf, NAME_OF_SLOT, "hostpci%u", n);
	return buf;
}

static bool is_set(const struct vmedit *edit, const char *name)
{
	char slot[NAME_OF_SLOT];

	if (edit->hookscript && !strcmp(name, "hookscript"))
		return true;
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		if (edit->set[i] && !strcmp(slot_name(i, slot), name))
			return true;
	return false;
}

/* The words of @list that are options; each is handed to @found. */
static int each_option(const char *list, const char *what, struct err *err,
		       int (*found)(const struct vmedit *, const char *, struct err *),
		       const struct vmedit *edit)
{
	const char *word;
	size_t n;
	int r = 0;

	while (r == 0 && list && (word = vmoption_word(&list, &n))) {
		_cleanup_free_ char *name = strndup(word, n);

		if (!name)
			return err_set(err, ENOMEM, "out of memory");
		if (!vmoption_find(name))
			return err_set(err, EINVAL,
				       "%s: there is no option '%.60s' (hostpci config "
				       "shows those that are set)",
				       what, name);
		if (is_set(edit, name))
			return err_set(
				err, EINVAL,
				"'%s' is set and in the list of --%s: leave one out",
				name, what);
		r = found(edit, name, err);
	}
	return r;
}

/* What only qm can do: storage to free, or a running QEMU to be told. */
static int check_remove(const struct vmedit *edit, const char *name, struct err *err)
{
	const struct vmoption *option = vmoption_find(name);

	if (option->effect == VMOPTION_EFFECT_VOLUME)
		return err_set(err, EOPNOTSUPP, "'%s' is a volume: remove it with qm set",
			       name);
	if (option->effect == VMOPTION_EFFECT_QEMU && edit->running)
		return err_set(err, EOPNOTSUPP,
			       "'%s' would change the running machine: remove it with qm "
			       "set",
			       name);
	return 0;
}

static int check_revert(const struct vmedit *edit, const char *name, struct err *err)
{
	if (vmoption_listed(edit->remove, name))
		return err_set(err, EINVAL,
			       "'%s' is in both --delete and --revert: leave one out",
			       name);
	return 0;
}

int vmedit_check(const struct vmedit *edit, struct err *err)
{
	struct vmformat_values values;
	int r;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		if (!edit->set[i])
			continue;
		r = vmformat_parse(&vmformat_hostpci, edit->set[i], &values, err);
		if (r < 0)
			return err_wrap(err, "hostpci%u", i);
		vmformat_values_free(&values);
	}
	r = each_option(edit->revert, "revert", err, check_revert, edit);
	return r < 0 ? r : each_option(edit->remove, "delete", err, check_remove, edit);
}

/* qm writes and reads again after each change, and so do the values go through its
 * reader and writer as often. Here that is in memory; the file is written once. */
static int commit(struct work *w, struct err *err)
{
	struct vmtext text;
	struct vmfile vm;
	int r = vmfile_write(&w->vm, &text, err);

	if (r < 0)
		return r;
	r = vmfile_parse(text.data, text.size, w->file, &vm, err);
	if (r < 0) {
		vmtext_free(&text);
		return r;
	}
	vmfile_free(&w->vm);
	vmtext_free(&w->text);
	w->vm = vm;
	w->text = text;
	w->written = true;
	return 0;
}

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* A pending value that is reverted is set to the current one, so that it goes. */
static int take_reverts(struct work *w, struct err *err)
{
	const char *list = w->edit->revert, *word;
	size_t n;

	while (list && (word = vmoption_word(&list, &n))) {
		_cleanup_free_ char *name = strndup(word, n);
		const struct vmtext *current;
		int r = 0;

		if (!name)
			return no_memory(err);
		current = vmfile_get(&w->vm.current, name);
		if (current)
			r = vmfile_set(&w->kept, name, current->data, current->size, 0);
		else if (vmfile_get(&w->vm.pending, name))
			r = vmfile_set(&w->remove, name, "", 0, 0);
		if (r < 0)
			return no_memory(err);
	}
	return 0;
}

/* Takes @name out of the list of a boot order (;-separated) in place. */
static bool order_without(char *order, const char *name)
{
	char *to = order;
	const char *rest = order, *word;
	bool found = false;
	size_t n;

	while ((word = vmoption_word(&rest, &n))) {
		if (strlen(name) == n && !strncmp(word, name, n)) {
			found = true;
			continue;
		}
		if (to != order)
			*to++ = ';';
		memmove(to, word, n);
		to += n;
	}
	*to = '\0';
	return found;
}

/* A device that goes also leaves the boot order. */
static int leave_boot_order(struct work *w, char *order, const char *name)
{
	_cleanup_free_ char *value = NULL;
	int n;

	if (!order || !order_without(order, name))
		return 0;
	n = asprintf(&value, "%s%s", order[0] ? "order=" : "", order);
	if (n < 0) {
		value = NULL;
		return -ENOMEM;
	}
	return vmfile_set(&w->vm.pending, "boot", value, (size_t)n, 0);
}

static int remove_one(struct work *w, char *order, const char *name, struct err *err)
{
	int r;

	if (!vmfile_get(&w->vm.current, name) && !vmfile_get(&w->vm.pending, name)) {
		notes_add(w->notes, "cannot delete '%s' - it is not set in %s", name,
			  w->file);
		return 0;
	}
	vmfile_unset(&w->vm.pending, name);
	r = leave_boot_order(w, order, name);
	if (r == 0 && !strcmp(name, "tags"))
		vmfile_unset(&w->vm.current, name);
	else if (r == 0)
		r = vmpending_add(&w->vm.pending, name);
	return r < 0 ? no_memory(err) : commit(w, err);
}

static char *boot_order(const struct work *w)
{
	const struct vmtext *boot = vmfile_get(&w->vm.current, "boot");
	struct vmformat_values values;
	const char *order;
	char *copy;

	if (!boot || vmformat_parse(&vmformat_boot, boot->data, &values, NULL) < 0)
		return NULL;
	order = vmformat_get(&values, "order");
	copy = order ? strdup(order) : NULL;
	vmformat_values_free(&values);
	return copy;
}

static int remove_all(struct work *w, struct err *err)
{
	_cleanup_free_ char *order = boot_order(w);
	const char *list = w->edit->remove, *word;
	size_t n;
	int r = 0;

	while (r == 0 && list && (word = vmoption_word(&list, &n))) {
		_cleanup_free_ char *name = strndup(word, n);

		r = name ? remove_one(w, order, name, err) : no_memory(err);
	}
	for (size_t i = 0; i < w->remove.n && r == 0; i++)
		r = remove_one(w, order, w->remove.entry[i].key, err);
	return r;
}

static int set_one(struct work *w, const char *name, const char *value, size_t size,
		   struct err *err)
{
	const struct vmtext *pending = vmfile_get(&w->vm.pending, name);
	int r;

	if (pending && pending->size == size && !memcmp(pending->data, value, size))
		return 0;
	r = vmfile_set(&w->vm.pending, name, value, size, 0);
	if (r == 0)
		r = vmpending_remove(&w->vm.pending, name);
	return r < 0 ? no_memory(err) : commit(w, err);
}

static int set_all(struct work *w, struct err *err)
{
	char name[NAME_OF_SLOT];
	int r = 0;

	if (w->edit->hookscript)
		r = set_one(w, "hookscript", w->edit->hookscript,
			    strlen(w->edit->hookscript), err);
	for (unsigned i = 0; i < LIMIT_SLOTS && r == 0; i++)
		if (w->edit->set[i])
			r = set_one(w, slot_name(i, name), w->edit->set[i],
				    strlen(w->edit->set[i]), err);
	for (size_t i = 0; i < w->kept.n && r == 0; i++) {
		const struct vmfile_entry *e = &w->kept.entry[i];

		r = set_one(w, e->key, e->value.data, e->value.size, err);
	}
	return r;
}

static int apply(struct work *w, struct err *err)
{
	int r = take_reverts(w, err);

	if (r == 0)
		r = remove_all(w, err);
	if (r == 0)
		r = set_all(w, err);
	if (r < 0)
		return r;
	r = vmpending_cleanup(&w->vm);
	if (r < 0)
		return no_memory(err);
	if (r > 0) {
		r = commit(w, err);
		if (r < 0)
			return r;
	}
	if (!w->vm.pending.n)
		return 0;
	r = w->edit->running ? vmapply_running(&w->vm, w->edit->remove, err)
			     : vmapply_stopped(&w->vm, err);
	return r < 0 ? r : commit(w, err);
}

int vmedit_apply(const struct vmedit *edit, const struct vmtext *text, const char *file,
		 struct vmtext *ret, struct notes *notes, struct err *err)
{
	struct work w = {.edit = edit, .file = file, .notes = notes};
	int r = vmfile_parse(text->data, text->size, file, &w.vm, err);

	if (r == 0)
		r = apply(&w, err);
	vmfile_free(&w.vm);
	vmpending_names_free(&w.remove);
	vmpending_names_free(&w.kept);
	if (r == 0 && w.written)
		*ret = w.text;
	else
		vmtext_free(&w.text);
	if (r == 0 && !w.written)
		*ret = (struct vmtext){0};
	return r;
}

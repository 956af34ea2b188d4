/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "spec/vmfile.h"
#include "spec/vmoption.h"

/* Proxmox writes sockets instead of the old smp. */
static int replace_smp(struct vmfile_section *current)
{
	const struct vmtext *smp = vmfile_get(current, "smp");
	int r = 0;

	if (!smp ||
	    (!vmfile_is_true(current, "sockets") && !vmfile_is_true(current, "smp")))
		return 0;
	if (!vmfile_is_true(current, "sockets")) {
		r = vmfile_set(current, "sockets", smp->data, smp->size, 0);
		vmfile_unset(current, "cores");
	}
	vmfile_unset(current, "smp");
	return r;
}

static bool is_free(const char *key)
{
	return !strcmp(key, "description") || !strcmp(key, "snapstate") ||
	       !strcmp(key, "delete");
}

/* The writer looks at every value again, and fails where the reader only warned. */
static int check(struct vmfile_section *section, struct err *err)
{
	for (size_t i = 0; i < section->n; i++) {
		struct vmfile_entry *e = &section->entry[i];
		const struct vmoption *option;
		char *kept;
		size_t size;
		int r;

		if (is_free(e->key))
			continue;
		option = vmoption_find(e->key);
		if (!option)
			return err_set(err, EINVAL, "%s: there is no such option",
				       e->key);
		r = vmoption_value(option, e->value.data, e->value.size, &kept, &size,
				   err);
		if (r < 0)
			return err_wrap(err, "%s cannot be written", e->key);
		vmtext_free(&e->value);
		e->value = (struct vmtext){kept, size};
	}
	return 0;
}

static bool is_volume(const struct vmfile_entry *e, const struct vmtext *volume)
{
	struct vmformat_values values;
	const char *file;
	bool same;

	if (!vmoption_is_drive(e->key) ||
	    vmformat_parse(&vmformat_drive, e->value.data, &values, NULL) < 0)
		return false;
	file = vmformat_get(&values, "file");
	same = file && strlen(file) == volume->size &&
	       !memcmp(file, volume->data, volume->size);
	vmformat_values_free(&values);
	return same;
}

static bool is_used(const struct vmfile *vmfile, const struct vmtext *volume)
{
	for (size_t i = 0; i < vmfile->current.n; i++)
		if (is_volume(&vmfile->current.entry[i], volume))
			return true;
	for (size_t i = 0; i < vmfile->pending.n; i++)
		if (is_volume(&vmfile->pending.entry[i], volume))
			return true;
	return false;
}

static void drop_used(struct vmfile *vmfile)
{
	size_t i = 0;

	while (i < vmfile->current.n) {
		const struct vmfile_entry *e = &vmfile->current.entry[i];

		if (!strncmp(e->key, "unused", 6) && is_used(vmfile, &e->value))
			vmfile_unset(&vmfile->current, e->key);
		else
			i++;
	}
}

/* The description, a comment line for each of its own. */
static int write_description(struct vmtext *out, const struct vmfile_section *section,
			     bool pending)
{
	const struct vmtext *d = vmfile_get(section, "description");
	const char *s, *end, *next;
	int r = 0;

	if (!d)
		return 0;
	if (!vmfile_is_true(section, "description"))
		return pending ? vmtext_add(out, "#\n", 2) : 0;
	s = d->data;
	end = s + d->size;
	while (s < end && r == 0) {
		next = memchr(s, '\n', (size_t)(end - s));
		r = vmtext_add(out, "#", 1);
		if (r == 0)
			r = vmtext_add_encoded(out, s, (size_t)((next ? next : end) - s));
		if (r == 0)
			r = vmtext_add(out, "\n", 1);
		s = next ? next + 1 : end;
	}
	return r;
}

static int write_section(struct vmtext *out, const struct vmfile_section *section,
			 bool pending)
{
	int r = write_description(out, section, pending);

	for (size_t i = 0; i < section->n && r == 0; i++) {
		const struct vmfile_entry *e = &section->entry[i];

		if (!strcmp(e->key, "description"))
			continue;
		r = vmtext_add(out, e->key, strlen(e->key));
		if (r == 0)
			r = vmtext_add(out, ": ", 2);
		if (r == 0)
			r = vmtext_add(out, e->value.data, e->value.size);
		if (r == 0)
			r = vmtext_add(out, "\n", 1);
	}
	return r;
}

static int write_header(struct vmtext *out, const char *kind, const char *name)
{
	char *text = NULL;
	int n = asprintf(&text, "\n[%s%s]\n", kind, name), r;

	if (n < 0)
		return -ENOMEM;
	r = vmtext_add(out, text, (size_t)n);
	free(text);
	return r;
}

bool vmfile_has_cloudinit(const struct vmfile_section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct vmfile_entry *e = &section->entry[i];
		struct vmformat_values values;
		bool found;

		if (!vmoption_is_drive(e->key) ||
		    vmformat_parse(&vmformat_drive, e->value.data, &values, NULL) < 0)
			continue;
		found = vmoption_is_cloudinit(vmformat_get(&values, "file"));
		vmformat_values_free(&values);
		if (found)
			return true;
	}
	return false;
}

static int write_all(const struct vmfile *vmfile, struct vmtext *out)
{
	int r = write_section(out, &vmfile->current, false);

	if (r == 0 && vmfile->pending.n) {
		r = write_header(out, "", "PENDING");
		if (r == 0)
			r = write_section(out, &vmfile->pending, true);
	}
	for (size_t i = 0; i < vmfile->special.n && r == 0; i++) {
		const struct vmfile_section *s = &vmfile->special.item[i];

		if (!strcmp(s->name, "cloudinit") &&
		    !vmfile_has_cloudinit(&vmfile->current))
			continue;
		r = write_header(out, "special:", s->name);
		if (r == 0)
			r = write_section(out, s, false);
	}
	for (size_t i = 0; i < vmfile->snapshots.n && r == 0; i++) {
		const struct vmfile_section *s = &vmfile->snapshots.item[i];

		r = write_header(out, "", s->name);
		if (r == 0)
			r = write_section(out, s, false);
	}
	return r;
}

int vmfile_write(struct vmfile *vmfile, struct vmtext *ret, struct err *err)
{
	struct vmtext out = {0};
	int r;

	vmfile_unset(&vmfile->current, "snapstate");
	r = replace_smp(&vmfile->current);
	if (r < 0)
		return err_set(err, -r, "out of memory");
	r = check(&vmfile->current, err);
	if (r == 0)
		r = check(&vmfile->pending, err);
	for (size_t i = 0; i < vmfile->snapshots.n && r == 0; i++)
		r = check(&vmfile->snapshots.item[i], err);
	if (r < 0)
		return r;
	drop_used(vmfile);
	r = vmtext_add(&out, "", 0);
	if (r == 0)
		r = write_all(vmfile, &out);
	if (r < 0) {
		vmtext_free(&out);
		return err_set(err, -r, "out of memory");
	}
	*ret = out;
	return 0;
}

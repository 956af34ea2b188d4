/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmfile.h"
#include "target.h"

/* Descriptions that change once more when they are read again, with Proxmox as here: a %
 * is written as it is, and blanks at the end go when it is a comment. */
static bool is_odd(const struct vmfile_section *section)
{
	const struct vmtext *d = vmfile_get(section, "description");
	struct vmtext copy = {0};
	bool odd;

	if (!d || !d->size)
		return false;
	HOLDS(vmtext_add(&copy, d->data, d->size) == 0);
	vmtext_trim(&copy);
	odd = copy.size != d->size || memchr(d->data, '%', d->size);
	vmtext_free(&copy);
	return odd;
}

static bool any_odd(const struct vmfile *vm)
{
	bool odd = is_odd(&vm->current) || is_odd(&vm->pending);

	for (size_t i = 0; i < vm->special.n; i++)
		odd |= is_odd(&vm->special.item[i]);
	for (size_t i = 0; i < vm->snapshots.n; i++)
		odd |= is_odd(&vm->snapshots.item[i]);
	return odd;
}

static void check_section(const struct vmfile_section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct vmfile_entry *e = &section->entry[i];

		HOLDS(e->key[0]);
		HOLDS(i == 0 || strcmp(section->entry[i - 1].key, e->key) < 0);
		HOLDS(!e->value.data || !e->value.data[e->value.size]);
		/* Only a description has lines. */
		HOLDS(!strcmp(e->key, "description") || !e->value.size ||
		      !memchr(e->value.data, '\n', e->value.size));
	}
}

static void check_all(const struct vmfile *vm)
{
	check_section(&vm->current);
	check_section(&vm->pending);
	for (size_t i = 0; i < vm->special.n; i++)
		check_section(&vm->special.item[i]);
	for (size_t i = 0; i < vm->snapshots.n; i++)
		check_section(&vm->snapshots.item[i]);
	for (size_t i = 0; i < vm->dropped.n; i++)
		HOLDS(!strncmp(vm->dropped.text[i], "x.conf:", 7));
}

/* What was written is read without loss, and written the same. */
static void check_again(const struct vmtext *first, bool odd)
{
	struct vmtext second = {0};
	struct vmfile vm;
	struct err err = {0};

	HOLDS(vmfile_parse(first->data, first->size, "x.conf", &vm, &err) == 0);
	check_all(&vm);
	HOLDS(vm.dropped.n == 0);
	HOLDS(vmfile_write(&vm, &second, &err) == 0);
	HOLDS(odd || (first->size == second.size &&
		      !memcmp(first->data, second.data, first->size)));
	vmtext_free(&second);
	vmfile_free(&vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct vmtext written = {0};
	struct vmfile vm;
	struct err err = {0};
	bool odd;

	HOLDS(vmfile_parse(text, size, "x.conf", &vm, &err) == 0);
	check_all(&vm);
	odd = any_odd(&vm);
	if (vmfile_write(&vm, &written, &err) < 0)
		HOLDS(err.code && err.msg[0]);
	else
		check_again(&written, odd);
	vmtext_free(&written);
	vmfile_free(&vm);
	free(text);
	return 0;
}

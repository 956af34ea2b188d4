/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/qemu-args.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "plan/qemu-place.h"

/* Where Proxmox looks for romfile= (qemu-server); it neither checks nor cleans the name.
 */
#define ROM_FOLDER "/usr/share/kvm"

struct builder {
	const struct spec *spec;
	const struct facts *facts;
	struct qemu_args *args;
	struct err *err;
};

static bool is_on(const struct wish *wish, enum key_id id, bool value)
{
	return wish_has(wish, id) && value;
}

/* Adds "-device TEXT"; takes @text, which may be NULL. */
static int add_device(struct builder *b, char *text)
{
	struct qemu_args *args = b->args;
	char **word = realloc(args->word, (args->n + 2) * sizeof(*word));
	char *option = strdup("-device");

	if (word)
		args->word = word;
	if (!word || !option || !text) {
		free(option);
		free(text);
		return err_set(b->err, ENOMEM, "out of memory");
	}
	args->word[args->n++] = option;
	args->word[args->n++] = text;
	return 0;
}

static const char *slot_place(const struct slot *slot, char buf[static 160])
{
	(void)snprintf(buf, 160, "%s:%u", slot->file, slot->line);
	return buf;
}
#define PLACE(slot) slot_place((slot), (char[160]){0})

/* One device cannot be two (qemu-server, choose_hostpci_devices). */
static int choose(struct builder *b, unsigned slot, const struct bdf *bdf)
{
	struct qemu_args *args = b->args;

	for (unsigned i = 0; i < args->chosen_n; i++) {
		unsigned other = args->chosen[i].slot;

		if (!bdf_equal(&args->chosen[i].bdf, bdf))
			continue;
		return err_set(
			b->err, EINVAL,
			"%s: hostpci%u names %s, and so does hostpci%u%s: a device "
			"can be given once",
			PLACE(&b->spec->slot[slot]), slot, BDF(bdf), other,
			other == slot ? " itself" : "");
	}
	if (args->chosen_n == LIMIT_DEVICES)
		return err_set(b->err, E2BIG, "more than %d functions for one machine",
			       LIMIT_DEVICES);
	args->chosen[args->chosen_n++] = (struct qemu_chosen){.slot = slot, .bdf = *bdf};
	return 0;
}

/* The function that sysfs calls @name; NULL: there is none. */
static const struct bdf *find(const struct facts *facts, const char *name)
{
	for (unsigned i = 0; i < facts->n; i++)
		if (facts->fact[i].wanted &&
		    !strcmp(BDF(&facts->fact[i].device.bdf), name))
			return &facts->fact[i].device.bdf;
	return NULL;
}

static int choose_address(struct builder *b, unsigned slot, const struct address *address)
{
	const struct slot *s = &b->spec->slot[slot];
	unsigned functions = address->whole_slot ? 8 : 1, found = 0;

	for (unsigned f = 0; f < functions; f++) {
		const struct bdf *bdf;
		char name[sizeof(address->text) + 8];
		int r;

		(void)snprintf(name, sizeof(name), "%s.%u", address->text, f);
		bdf = find(b->facts, address->whole_slot ? name : address->text);
		if (!bdf)
			continue;
		r = choose(b, slot, bdf);
		if (r < 0)
			return r;
		found++;
	}
	if (found)
		return 0;
	return err_set(b->err, ENODEV,
		       "%s: hostpci%u names %s, which is no PCI device of this host: "
		       "lspci -D lists them",
		       PLACE(s), slot, address->text);
}

/* What a slot asks for and this version cannot do. */
static const char *unknown_wish(const struct wish *wish)
{
	if (wish_has(wish, KEY_MDEV))
		return "mdev= (mediated devices and NVIDIA vGPUs)";
	if (wish_has(wish, KEY_MAPPING))
		return "mapping= (cluster resource mappings)";
	if (is_on(wish, KEY_LEGACY_IGD, wish->legacy_igd))
		return "legacy-igd=";
	return NULL;
}

static int choose_slot(struct builder *b, unsigned n)
{
	const struct slot *slot = &b->spec->slot[n];
	const struct wish *wish = &slot->wish;
	bool host = wish_has(wish, KEY_HOST), mapping = wish_has(wish, KEY_MAPPING);
	int r = 0;

	if (host == mapping)
		return err_set(b->err, EINVAL,
			       host ? "%s: hostpci%u has both host= and mapping=: "
				      "remove one of them"
				    : "%s: hostpci%u names no device: add its address "
				      "(host=01:00.0)",
			       PLACE(slot), n);
	if (unknown_wish(wish))
		return err_set(b->err, EOPNOTSUPP,
			       "%s: hostpci%u: this version does not know %s yet",
			       PLACE(slot), n, unknown_wish(wish));
	if (is_on(wish, KEY_PCIE, wish->pcie) && !machine_is_q35(&b->spec->machine))
		return err_set(
			b->err, EINVAL,
			"%s: hostpci%u has pcie=1, which needs machine: q35 (it is "
			"'%s'): set it, or remove pcie=1",
			PLACE(slot), n,
			b->spec->machine.type[0] ? b->spec->machine.type : "pc");
	for (unsigned a = 0; r == 0 && a < wish->host.n; a++)
		r = choose_address(b, n, &wish->host.item[a]);
	return r;
}

/* What only function 0 of a slot carries, in Proxmox's order. */
static void print_options(const struct builder *b, unsigned slot, bool multifunction,
			  FILE *out)
{
	const struct wish *wish = &b->spec->slot[slot].wish;
	const struct machine *machine = &b->spec->machine;

	if (wish_has(wish, KEY_ROMBAR) && !wish->rombar)
		(void)fputs(",rombar=0", out);
	/* OVMF has no legacy VGA to arbitrate. */
	if (is_on(wish, KEY_X_VGA, wish->x_vga) && !machine->ovmf)
		(void)fputs(",x-vga=on", out);
	if (multifunction)
		(void)fputs(",multifunction=on", out);
	/* "0" is no name to Perl. */
	if (wish_has(wish, KEY_ROMFILE) && strcmp(wish->romfile, "0") != 0)
		(void)fprintf(out, ",romfile=" ROM_FOLDER "/%s", wish->romfile);
	if (machine->bootindex[slot])
		(void)fprintf(out, ",bootindex=%u", machine->bootindex[slot]);
	if (wish_has(wish, KEY_VENDOR_ID))
		(void)fprintf(out, ",x-pci-vendor-id=%s", wish->vendor_id);
	if (wish_has(wish, KEY_DEVICE_ID))
		(void)fprintf(out, ",x-pci-device-id=%s", wish->device_id);
	if (wish_has(wish, KEY_SUB_VENDOR_ID))
		(void)fprintf(out, ",x-pci-sub-vendor-id=%s", wish->sub_vendor_id);
	if (wish_has(wish, KEY_SUB_DEVICE_ID))
		(void)fprintf(out, ",x-pci-sub-device-id=%s", wish->sub_device_id);
}

/* Function @f of the @count that @chosen begins with. */
static int add_function(struct builder *b, const struct qemu_chosen *chosen, unsigned f,
			unsigned count, const struct qemu_place *place)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err_set(b->err, ENOMEM, "out of memory");
	(void)fprintf(out, "vfio-pci,host=%s,id=hostpci%u", BDF(&chosen[f].bdf),
		      chosen->slot);
	if (count > 1)
		(void)fprintf(out, ".%u", f);
	(void)fprintf(out, ",bus=%s,addr=0x%x", place->bus, place->addr);
	if (count > 1)
		(void)fprintf(out, ".%u", f);
	if (f == 0)
		print_options(b, chosen->slot, count > 1, out);
	if (fclose(out) != 0) {
		free(text);
		return err_set(b->err, ENOMEM, "out of memory");
	}
	return add_device(b, text);
}

/* All functions of the slot that @chosen begins with. */
static int add_slot(struct builder *b, const struct qemu_chosen *chosen, unsigned count)
{
	const struct wish *wish = &b->spec->slot[chosen->slot].wish;
	char port[QEMU_PORT_TEXT];
	struct qemu_place place;
	int r = 0;

	qemu_place(&b->spec->machine, chosen->slot, is_on(wish, KEY_PCIE, wish->pcie),
		   &place);
	if (is_on(wish, KEY_X_VGA, wish->x_vga))
		b->args->kvm_off = b->args->gpu_passthrough = true;
	if (place.own_port) {
		qemu_root_port(&b->spec->machine, chosen->slot, port);
		r = add_device(b, strdup(port));
	}
	for (unsigned f = 0; r == 0 && f < count; f++)
		r = add_function(b, chosen, f, count, &place);
	return r;
}

static int add_bridges(struct builder *b)
{
	char text[QEMU_BRIDGES][QEMU_PORT_TEXT];
	unsigned pci = 0, pcie = 0, n;
	int r = 0;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct slot *slot = &b->spec->slot[i];

		if (slot->present && is_on(&slot->wish, KEY_PCIE, slot->wish.pcie))
			pcie |= 1U << i;
		else if (slot->present)
			pci |= 1U << i;
	}
	n = qemu_bridges(&b->spec->machine, pci, pcie, text);
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = add_device(b, strdup(text[i]));
	return r;
}

static int build(struct builder *b, bool standalone)
{
	const struct qemu_chosen *chosen = b->args->chosen;
	unsigned count;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++)
		if (b->spec->slot[i].present)
			r = choose_slot(b, i);
	if (r == 0 && standalone)
		r = add_bridges(b);
	for (unsigned i = 0; r == 0 && i < b->args->chosen_n; i += count) {
		for (count = 1; i + count < b->args->chosen_n &&
				chosen[i + count].slot == chosen[i].slot;)
			count++;
		r = add_slot(b, &chosen[i], count);
	}
	return r;
}

int qemu_args_build(const struct spec *spec, const struct facts *facts, bool standalone,
		    struct qemu_args *ret, struct err *err)
{
	_cleanup_(qemu_args_free) struct qemu_args args = {0};
	struct builder b = {.spec = spec, .facts = facts, .args = &args, .err = err};
	/* A template is never run with its devices. */
	int r = spec->machine.template ? 0 : build(&b, standalone);

	if (r < 0)
		return r;
	*ret = args;
	args = (struct qemu_args){0};
	return 0;
}

void qemu_args_free(struct qemu_args *args)
{
	for (size_t i = 0; i < args->n; i++)
		free(args->word[i]);
	free(args->word);
}

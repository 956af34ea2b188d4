/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/qemu-args.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "plan/qemu-conflict.h"
#include "plan/qemu-place.h"

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

static int check_found(const struct builder *b, unsigned n)
{
	const struct facts *facts = b->facts;

	if (facts->pick[n].err.code) {
		*b->err = facts->pick[n].err;
		return -b->err->code;
	}
	for (unsigned i = 0; i < facts->absents; i++)
		if (facts->absent[i].slot == n)
			return err_set(b->err, ENODEV,
				       "%s: hostpci%u names %s, which is no PCI device "
				       "of this host: lspci -D lists them",
				       SLOT_PLACE(&b->spec->slot[n]), n,
				       facts->absent[i].text);
	return 0;
}

static int check_slot(struct builder *b, unsigned n)
{
	const struct slot *slot = &b->spec->slot[n];
	struct qemu_conflict conflict;
	int r = check_found(b, n);

	if (r < 0)
		return r;
	if (qemu_conflict(b->spec, b->facts, n, &conflict))
		return err_set(b->err, EINVAL, "%s: hostpci%u %s: %s", SLOT_PLACE(slot),
			       n, conflict.why, conflict.cure);
	if (is_on(&slot->wish, KEY_LEGACY_IGD, slot->wish.legacy_igd))
		b->args->legacy_igd = true;
	return 0;
}

static void name(const struct spec *spec, struct qemu_chosen *chosen)
{
	const struct mdev_definition *definition = spec->slot[chosen->slot].definition;

	(void)bdf_format(&chosen->bdf, chosen->name);
	if (definition && bdf_is_none(&chosen->bdf))
		(void)snprintf(chosen->name, sizeof(chosen->name), "%s",
			       definition->parent);
}

static int choose_slot(struct builder *b, unsigned n)
{
	const struct pick *pick = &b->facts->pick[n];
	struct qemu_args *args = b->args;
	int r = check_slot(b, n);

	for (unsigned i = 0; r == 0 && i < pick->n; i++) {
		if (args->chosen_n == LIMIT_DEVICES)
			return err_set(b->err, E2BIG,
				       "more than %d functions for one machine",
				       LIMIT_DEVICES);
		args->chosen[args->chosen_n++] =
			(struct qemu_chosen){.slot = n, .bdf = pick->bdf[i]};
		name(b->spec, &args->chosen[args->chosen_n - 1]);
	}
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

static void print_source(const struct builder *b, const struct qemu_chosen *chosen,
			 FILE *out)
{
	const struct pick *pick = &b->facts->pick[chosen->slot];

	if (pick->kind == PICK_MDEV)
		(void)fprintf(out, "vfio-pci,sysfsdev=/sys/bus/mdev/devices/%s",
			      mdev_fact_uuid(b->spec, chosen->slot).text);
	else
		(void)fprintf(out, "vfio-pci,host=%s", BDF(&chosen->bdf));
	if (pick->migration)
		(void)fputs(",enable-migration=on", out);
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
	print_source(b, &chosen[f], out);
	(void)fprintf(out, ",id=hostpci%u", chosen->slot);
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

static enum qemu_bus bus_of(const struct wish *wish)
{
	if (is_on(wish, KEY_PCIE, wish->pcie))
		return QEMU_BUS_PCIE;
	return is_on(wish, KEY_LEGACY_IGD, wish->legacy_igd) ? QEMU_BUS_IGD
							     : QEMU_BUS_PCI;
}

/* All functions of the slot that @chosen begins with. */
static int add_slot(struct builder *b, const struct qemu_chosen *chosen, unsigned count)
{
	const struct wish *wish = &b->spec->slot[chosen->slot].wish;
	char port[QEMU_PORT_TEXT];
	struct qemu_place place;
	int r = 0;

	qemu_place(&b->spec->machine, chosen->slot, bus_of(wish), &place);
	if (is_on(wish, KEY_X_VGA, wish->x_vga))
		b->args->kvm_off = b->args->gpu_passthrough = true;
	/* Of a mediated device's possible parents one will do. */
	if (b->facts->pick[chosen->slot].kind == PICK_MDEV)
		count = 1;
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

		if (!slot->present)
			continue;
		switch (bus_of(&slot->wish)) {
		case QEMU_BUS_PCIE:
			pcie |= 1U << i;
			break;
		case QEMU_BUS_PCI:
			pci |= 1U << i;
			break;
		case QEMU_BUS_IGD: /* on the root */
			break;
		}
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

/* The type of display that is left: none beside x-vga=1, unless the configuration says
 * another (qemu-server, config_to_command). */
static void display(struct qemu_args *args, const struct machine *machine)
{
	const char *type = machine->vga;

	if (!*type && args->gpu_passthrough)
		type = "none";
	else if (!*type)
		type = machine_is_virt(machine) ? "virtio" : "std";
	(void)snprintf(args->vga, sizeof(args->vga), "%s",
		       !strncmp(type, "qxl", 3) ? "qxl" : type);
}

int qemu_args_build(const struct spec *spec, const struct facts *facts, bool standalone,
		    struct qemu_args *ret, struct err *err)
{
	_cleanup_(qemu_args_free) struct qemu_args args = {0};
	struct builder b = {.spec = spec, .facts = facts, .args = &args, .err = err};
	/* A template is never run with its devices. */
	int r = spec->machine.template ? 0 : build(&b, standalone);

	display(&args, &spec->machine);

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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/libvirt-xml.h"

#include <errno.h>

/* Guest slots that Proxmox uses for hostpci0.. on its first bus are free in a plain
 * domain; and so are the buses of that number: libvirt adds root ports up to there, of
 * which virt-manager's domains have 14. */
enum { GUEST_SLOT = 0x10, GUEST_BUS = 0x10 };

/* Where in the guest. */
struct place {
	unsigned bus, slot;
};

static void print_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			(void)fputs("&amp;", out);
			break;
		case '<':
			(void)fputs("&lt;", out);
			break;
		case '\'':
			(void)fputs("&apos;", out);
			break;
		default:
			(void)fputc(*text, out);
		}
	}
}

static void print_rom(const struct wish *wish, FILE *out)
{
	bool off = wish_has(wish, KEY_ROMBAR) && !wish->rombar;

	if (!off && !wish_has(wish, KEY_ROMFILE))
		return;
	(void)fprintf(out, "  <rom%s", off ? " bar='off'" : "");
	if (wish_has(wish, KEY_ROMFILE)) {
		(void)fputs(" file='/usr/share/kvm/", out);
		print_escaped(wish->romfile, out);
		(void)fputc('\'', out);
	}
	(void)fputs("/>\n", out);
}

static struct place place_of(const struct spec *spec, unsigned n)
{
	const struct wish *wish = &spec->slot[n].wish;

	/* Windows 7 finds no device behind a root port (plan/qemu-place.c). */
	if (wish_has(wish, KEY_PCIE) && wish->pcie &&
	    !machine_is_windows7(&spec->machine))
		return (struct place){.bus = GUEST_BUS + n};
	return (struct place){.slot = GUEST_SLOT + n};
}

static void print_function(const struct bdf *bdf, const struct wish *wish,
			   struct place place, unsigned index, unsigned functions,
			   FILE *out)
{
	(void)fprintf(out,
		      "<hostdev mode='subsystem' type='pci' managed='yes'>\n"
		      "  <source>\n"
		      "    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' "
		      "function='0x%x'/>\n"
		      "  </source>\n",
		      bdf->domain, bdf->bus, bdf->slot, bdf->function);
	if (index == 0)
		print_rom(wish, out);
	/* Alone, a function is placed by libvirt, a PCI Express one of a q35 domain on a
	 * root port; several share a slot, as on their card. */
	if (functions > 1)
		(void)fprintf(out,
			      "  <address type='pci' domain='0x0000' bus='0x%02x' "
			      "slot='0x%02x' function='0x%x'%s/>\n",
			      place.bus, place.slot, index,
			      index ? "" : " multifunction='on'");
	(void)fputs("</hostdev>\n", out);
}

static void note_unsaid(const struct wish *wish, unsigned slot, struct notes *notes)
{
	if (wish_has(wish, KEY_X_VGA) && wish->x_vga)
		notes_add(notes, "hostpci%u: libvirt has no x-vga: it is left out", slot);
	if (wish_has(wish, KEY_VENDOR_ID) || wish_has(wish, KEY_DEVICE_ID) ||
	    wish_has(wish, KEY_SUB_VENDOR_ID) || wish_has(wish, KEY_SUB_DEVICE_ID))
		notes_add(notes,
			  "hostpci%u: libvirt has no id overrides: they are left out",
			  slot);
}

/* libvirt makes none: hostpci-mdev, or mdevctl, has made it before. */
static void print_mdev(const struct spec *spec, unsigned n, FILE *out)
{
	(void)fprintf(out,
		      "<hostdev mode='subsystem' type='mdev' model='vfio-pci'>\n"
		      "  <source>\n"
		      "    <address uuid='%s'/>\n"
		      "  </source>\n"
		      "</hostdev>\n",
		      mdev_fact_uuid(spec, n).text);
}

static void print_slot(const struct spec *spec, const struct facts *facts, unsigned n,
		       FILE *out)
{
	const struct wish *wish = &spec->slot[n].wish;
	unsigned functions = 0, index = 0;

	if (facts->pick[n].kind == PICK_MDEV)
		print_mdev(spec, n, out);
	for (unsigned i = 0; i < facts->n; i++)
		functions += facts->fact[i].wanted && facts->fact[i].slot == (int)n;
	for (unsigned i = 0; i < facts->n; i++)
		if (facts->fact[i].wanted && facts->fact[i].slot == (int)n)
			print_function(&facts->fact[i].device.bdf, wish,
				       place_of(spec, n), index++, functions, out);
}

int libvirt_xml(const struct spec *spec, const struct facts *facts, FILE *out,
		struct notes *notes, struct err *err)
{
	if (facts->absents)
		return err_set(err, ENODEV, "hostpci%u: %s is no PCI device of this host",
			       facts->absent[0].slot, facts->absent[0].text);
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		if (!spec->slot[i].present)
			continue;
		note_unsaid(&spec->slot[i].wish, i, notes);
		print_slot(spec, facts, i, out);
	}
	return 0;
}

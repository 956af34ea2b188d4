/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/machine.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "base/words.h"
#include "spec/propstring.h"

static const char *const ostype_words[] = {
	"other", "wxp",	  "w2k",   "w2k3", "w2k8", "wvista",  "win7",
	"win8",	 "win10", "win11", "l24",  "l26",  "solaris",
};
static const char *const arch_words[] = {"x86_64", "aarch64"};
static const char *const bios_words[] = {"seabios", "ovmf"};
static const char *const vga_words[] = {
	"cirrus",  "none",    "qxl",	 "qxl2", "qxl3",   "qxl4",	"serial0",
	"serial1", "serial2", "serial3", "std",	 "virtio", "virtio-gl", "vmware",
};
static const char *const viommu_words[] = {"intel", "virtio"};

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* Length of "8.1", "5.2.0"; 0: @s does not begin with a version. */
static size_t version(const char *s)
{
	size_t n = digits(s), parts = 0;

	while (n && s[n] == '.' && digits(s + n + 1)) {
		n += 1 + digits(s + n + 1);
		parts++;
	}
	return parts ? n : 0;
}

static size_t pve_revision(const char *s)
{
	size_t n = strncmp(s, "+pve", 4) != 0 ? 0 : digits(s + 4);

	return n ? n + 4 : 0;
}

/* pc, q35, virt; pc-8.1, pc-i440fx-8.1, pc-q35-8.1, virt-8.1; each with +pveN; .pxe */
static bool valid_type(const char *s)
{
	static const char *const families[] = {"pc-i440fx-", "pc-q35-", "pc-"};

	if (strlen(s) > 40)
		return false;
	if (!strcmp(s, "pc") || !strcmp(s, "q35"))
		return true;
	if (!strncmp(s, "virt", 4)) {
		s += 4;
		if (s[0] == '-' && !version(s + 1))
			return false;
		s += s[0] == '-' ? 1 + version(s + 1) : 0;
		return !s[pve_revision(s)];
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		size_t n = strlen(families[i]);

		if (strncmp(s, families[i], n) != 0 || !version(s + n))
			continue;
		s += n + version(s + n);
		s += pve_revision(s);
		return !s[0] || !strcmp(s, ".pxe");
	}
	return false;
}

static bool valid_machine_property(const struct property *p)
{
	uint64_t bits;
	bool value;

	if (!strcmp(p->name, "type"))
		return valid_type(p->value);
	if (!strcmp(p->name, "viommu"))
		return words_find(viommu_words, ARRAY_SIZE(viommu_words), p->value) >= 0;
	if (!strcmp(p->name, "aw-bits"))
		return number_parse(p->value, 64, &bits) == 0 && bits >= 32;
	if (!strcmp(p->name, "enable-s3") || !strcmp(p->name, "enable-s4"))
		return key_parse_bool(p->value, &value) == 0;
	return false;
}

static int store_type(struct machine *m, char *text, struct err *err)
{
	struct property p[PROPSTRING_MAX];
	const char *type = "";
	int n = propstring_split(text, "type", p, err);

	for (int i = 0; i < n; i++) {
		if (!valid_machine_property(&p[i]))
			return err_set(err, EINVAL, "'%.40s=%.60s' is no machine type",
				       p[i].name, p[i].value);
		if (!strcmp(p[i].name, "type"))
			type = p[i].value;
	}
	if (n >= 0)
		(void)snprintf(m->type, sizeof(m->type), "%s", type);
	return n < 0 ? n : 1;
}

static bool valid_vga_property(const struct property *p)
{
	uint64_t megabytes;

	if (!strcmp(p->name, "type"))
		return words_find(vga_words, ARRAY_SIZE(vga_words), p->value) >= 0;
	if (!strcmp(p->name, "memory"))
		return number_parse(p->value, 512, &megabytes) == 0 && megabytes >= 4;
	return !strcmp(p->name, "clipboard") && !strcmp(p->value, "vnc");
}

static int store_vga(struct machine *m, char *text, struct err *err)
{
	struct property p[PROPSTRING_MAX];
	bool none = !strcmp(text, "none");
	const char *type = "";
	int n = propstring_split(text, "type", p, err);

	for (int i = 0; i < n; i++) {
		if (!valid_vga_property(&p[i]))
			return err_set(err, EINVAL, "'%.40s=%.60s' is no display",
				       p[i].name, p[i].value);
		if (!strcmp(p[i].name, "type"))
			type = p[i].value;
	}
	if (n >= 0) {
		(void)snprintf(m->vga, sizeof(m->vga), "%s", type);
		m->vga_none = none;
	}
	return n < 0 ? n : 1;
}

/* Devices of a boot order: a name and how many there are (PVE::QemuServer::Drive). */
static const struct boot_device {
	const char *name;
	unsigned max;
} boot_devices[] = {
	{"hostpci", LIMIT_SLOTS - 1},
	{"ide", 3},
	{"scsi", 30},
	{"virtio", 15},
	{"sata", 5},
	{"net", 31},
	{"usb", 13},
	{"unused", 255},
};

/* The device @word of a boot order; NULL: there is no such device. */
static const struct boot_device *boot_device(const char *word, uint64_t *ret_number)
{
	for (size_t i = 0; i < ARRAY_SIZE(boot_devices); i++) {
		const struct boot_device *d = &boot_devices[i];
		const char *number = word + strlen(d->name);

		if (!strncmp(word, d->name, strlen(d->name)) &&
		    number_parse(number, d->max, ret_number) == 0 &&
		    (number[0] != '0' || !number[1]))
			return d;
	}
	return NULL;
}

/* Proxmox counts from 100 and lets the last of two equal names win
 * (qemu-server, device_bootorder). */
static int store_order(unsigned bootindex[static LIMIT_SLOTS], const char *list,
		       struct err *err)
{
	char word[32];
	unsigned index = 100;
	uint64_t number;
	size_t n;

	for (; list += strspn(list, "; \t\n\v\f\r"), *list; list += n, index++) {
		const struct boot_device *d;

		n = strcspn(list, "; \t\n\v\f\r");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, list);
		d = n < sizeof(word) ? boot_device(word, &number) : NULL;
		if (!d)
			return err_set(err, EINVAL, "'%s' is no boot device", word);
		if (d == &boot_devices[0])
			bootindex[number] = index;
	}
	return 0;
}

static int store_boot(struct machine *m, char *text, struct err *err)
{
	unsigned bootindex[LIMIT_SLOTS] = {0};
	struct property p[PROPSTRING_MAX];
	int n = propstring_split(text, "legacy", p, err), r;
	bool legacy = false;

	for (int i = 0; i < n; i++) {
		const char *value = p[i].value;

		if (!strcmp(p[i].name, "legacy")) {
			legacy = true; /* it wins; no hostpciN is in its order */
			if (strlen(value) > 4 || value[strspn(value, "acdn")])
				return err_set(err, EINVAL, "'%.60s' is no boot order",
					       value);
		} else if (!strcmp(p[i].name, "order")) {
			r = store_order(bootindex, value, err);
			if (r < 0)
				return r;
		} else {
			return err_set(err, EINVAL, "unknown option '%.60s'", p[i].name);
		}
	}
	if (n < 0)
		return n;
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		m->bootindex[i] = legacy ? 0 : bootindex[i];
	return 1;
}

static int store_properties(struct machine *m, const char *key, const char *value,
			    struct err *err)
{
	_cleanup_free_ char *copy = strdup(value);

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	switch (key[0]) {
	case 'm':
		return store_type(m, copy, err);
	case 'v':
		return store_vga(m, copy, err);
	default:
		return store_boot(m, copy, err);
	}
}

int machine_store(struct machine *machine, const char *key, const char *value,
		  struct err *err)
{
	int i;

	if (!strcmp(key, "machine") || !strcmp(key, "boot") || !strcmp(key, "vga")) {
		i = store_properties(machine, key, value, err);
		return i < 0 ? err_wrap(err, "%s", key) : i;
	}
	if (!strcmp(key, "ostype")) {
		i = words_find(ostype_words, ARRAY_SIZE(ostype_words), value);
		if (i >= 0)
			(void)snprintf(machine->ostype, sizeof(machine->ostype), "%s",
				       value);
	} else if (!strcmp(key, "arch")) {
		i = words_find(arch_words, ARRAY_SIZE(arch_words), value);
		machine->aarch64 = i < 0 ? machine->aarch64 : i == 1;
	} else if (!strcmp(key, "bios")) {
		i = words_find(bios_words, ARRAY_SIZE(bios_words), value);
		machine->ovmf = i < 0 ? machine->ovmf : i == 1;
	} else if (!strcmp(key, "template")) {
		i = key_parse_bool(value, &machine->template);
	} else {
		return 0;
	}
	return i < 0 ? err_set(err, EINVAL, "%s: '%.60s' is not one of its values", key,
			       value)
		     : 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/machine.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "base/words.h"
#include "spec/vmoption.h"

static const char *const keys[] = {
	"machine", "vga", "boot", "ostype", "arch", "bios", "template",
};

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

static void store_vga(struct machine *m, const char *text,
		      const struct vmformat_values *values)
{
	copy(m->vga, sizeof(m->vga), vmformat_get(values, "type"));
	m->vga_given = true;
	m->vga_none = !strcmp(text, "none");
}

/* N of "hostpciN", -1: another device. The reader has looked at its form. */
static int slot_of(const char *word, size_t size)
{
	static const char family[] = "hostpci";
	size_t before = strlen(family);
	char number[4];
	uint64_t n;

	if (size < before || size - before >= sizeof(number) ||
	    strncmp(word, family, before) != 0)
		return -1;
	(void)snprintf(number, sizeof(number), "%.*s", (int)(size - before),
		       word + before);
	return number_parse(number, LIMIT_SLOTS - 1, &n) < 0 ? -1 : (int)n;
}

/* Proxmox counts from 100 and lets the last of two equal names win; legacy= leaves no
 * order (qemu-server, device_bootorder). */
static void store_boot(struct machine *m, const struct vmformat_values *values)
{
	const char *list = vmformat_get(values, "order"), *word;
	unsigned index = 100;
	size_t n;

	memset(m->bootindex, 0, sizeof(m->bootindex));
	if (vmformat_get(values, "legacy"))
		return;
	for (; list && (word = vmoption_word(&list, &n)); index++) {
		int slot = slot_of(word, n);

		if (slot >= 0)
			m->bootindex[slot] = index;
	}
}

static int store_formatted(struct machine *m, const struct vmformat *format,
			   const char *key, const char *text, struct err *err)
{
	struct vmformat_values values;
	int r = vmformat_parse(format, text, &values, err);

	if (r < 0)
		return r;
	if (!strcmp(key, "machine"))
		copy(m->type, sizeof(m->type), vmformat_get(&values, "type"));
	else if (!strcmp(key, "vga"))
		store_vga(m, text, &values);
	else
		store_boot(m, &values);
	vmformat_values_free(&values);
	return 0;
}

/* Words that are not checked: Proxmox keeps any, and compares with these. */
static void store_word(struct machine *m, const char *key, const char *text)
{
	if (!strcmp(key, "ostype"))
		copy(m->ostype, sizeof(m->ostype), text);
	else if (!strcmp(key, "arch"))
		m->aarch64 = !strcmp(text, "aarch64");
	else if (!strcmp(key, "bios"))
		m->ovmf = !strcmp(text, "ovmf");
	else
		m->template = !strcmp(text, "1");
}

int machine_store(struct machine *machine, const char *key, const char *value,
		  struct err *err)
{
	_cleanup_free_ char *kept = NULL;
	const struct vmoption *option;
	size_t size;
	int r = 0;

	if (words_find(keys, ARRAY_SIZE(keys), key) < 0)
		return 0;
	option = vmoption_find(key);
	if (vmoption_value(option, value, strlen(value), &kept, &size, err) < 0)
		return err_wrap(err, "%s", key);
	if (option->format)
		r = store_formatted(machine, option->format, key, kept, err);
	else
		store_word(machine, key, kept);
	return r < 0 ? err_wrap(err, "%s", key) : 1;
}

unsigned machine_windows(const struct machine *machine)
{
	static const char *const before[] = {"wxp", "w2k", "w2k3", "w2k8", "wvista"};
	static const unsigned char version[] = {5, 5, 5, 6, 6};
	int i = words_find(before, ARRAY_SIZE(before), machine->ostype);
	uint64_t n = 0;

	if (i >= 0)
		return version[i];
	if (!strncmp(machine->ostype, "win", 3))
		return number_parse(machine->ostype + 3, UINT32_MAX, &n) == 0
			       ? (unsigned)n
			       : 0;
	return 0;
}

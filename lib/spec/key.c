/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/key.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/words.h"
#include "spec/storage.h"

static const char *const driver_words[_WISH_DRIVER_MAX] = {"vfio", "keep"};
const char *const wish_return_words[_WISH_RETURN_MAX] = {"host", "vfio", "none"};
static const char *const gate_words[_WISH_GATE_MAX] = {"strict", "warn"};
const char *const wish_power_words[_WISH_POWER_MAX] = {"on", "auto"};
static const char *const new_id_words[_WISH_NEW_ID_MAX] = {"tell", "remove"};

/* pve-configid: a letter, then letters, digits, - and _ (pve-common, JSONSchema). */
static bool valid_id(const char *s)
{
	size_t n = strlen(s);

	if (n < 2 || !isalpha((unsigned char)s[0]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
			return false;
	return true;
}

static bool valid_file(const char *s)
{
	return !s[strcspn(s, ",;\n")];
}

static bool valid_mdev(const char *s)
{
	return !s[strcspn(s, "/.:")];
}

static bool valid_hex16(const char *s)
{
	return !strncmp(s, "0x", 2) && strlen(s) == 6 &&
	       strspn(s + 2, "0123456789abcdefABCDEF") == 4;
}

static bool valid_program(const char *s)
{
	return s[0] == '/' && s[1];
}

/* Ours would call itself. */
static bool valid_hook(const char *s)
{
	const char *name = strrchr(s, '/');
	struct volume volume;

	if (!name || !name[1] || !strcmp(name + 1, "hostpci-hook"))
		return false;
	return s[0] == '/' || volume_parse(s, &volume) == 0;
}

#define AT(member) .offset = offsetof(struct wish, member)
#define TEXT(member) \
	AT(member), .type = KEY_TYPE_TEXT, .max = sizeof(((struct wish *)0)->member)
#define BOTH .where = KEY_IN_PROXMOX | KEY_IN_DEVICE

const struct key key_table[_KEY_MAX] = {
	[KEY_HOST] = {.name = "host",
		      .type = KEY_TYPE_ADDRESSES,
		      BOTH,
		      AT(host),
		      .form = "addresses like 01:00.0, 0000:01:00.0, or 01:00 for all "
			      "functions; lower case; several with ';'",
		      .help = "addresses of the functions, separated by ';'; without "
			      "function: all of the slot"},
	[KEY_MAPPING] = {.name = "mapping",
			 BOTH,
			 TEXT(mapping),
			 .valid = valid_id,
			 .form = "a letter, then letters, digits, - and _",
			 .help = "name of a cluster-wide resource mapping"},
	[KEY_PCIE] = {.name = "pcie",
		      .type = KEY_TYPE_BOOL,
		      BOTH,
		      AT(pcie),
		      .help = "show the device as PCI Express (machine q35)"},
	[KEY_X_VGA] = {.name = "x-vga",
		       .type = KEY_TYPE_BOOL,
		       BOTH,
		       AT(x_vga),
		       .help = "the machine's first graphics card"},
	[KEY_ROMBAR] = {.name = "rombar",
			.type = KEY_TYPE_BOOL,
			BOTH,
			AT(rombar),
			.help = "show the device's option ROM to the guest (default 1)"},
	[KEY_ROMFILE] = {.name = "romfile",
			 BOTH,
			 TEXT(romfile),
			 .valid = valid_file,
			 .form = "a file name without , and ;",
			 .help = "option ROM image, a file below /usr/share/kvm"},
	[KEY_LEGACY_IGD] = {.name = "legacy-igd",
			    .type = KEY_TYPE_BOOL,
			    BOTH,
			    AT(legacy_igd),
			    .help = "Intel graphics in legacy mode at 00:02.0"},
	[KEY_MDEV] = {.name = "mdev",
		      BOTH,
		      TEXT(mdev),
		      .valid = valid_mdev,
		      .form = "a type without / . and :",
		      .help = "type of mediated device to use"},
	[KEY_DRIVER] =
		{.name = "driver",
		 .type = KEY_TYPE_WORD,
		 BOTH,
		 AT(driver),
		 .max = _WISH_DRIVER_MAX,
		 .words = driver_words,
		 .help = "vfio: bind vfio-pci; keep: leave the driver that is bound"},
	[KEY_VENDOR_ID] = {.name = "vendor-id",
			   BOTH,
			   TEXT(vendor_id),
			   .valid = valid_hex16,
			   .form = "0x and four hexadecimal digits",
			   .help = "vendor id shown to the guest"},
	[KEY_DEVICE_ID] = {.name = "device-id",
			   BOTH,
			   TEXT(device_id),
			   .valid = valid_hex16,
			   .form = "0x and four hexadecimal digits",
			   .help = "device id shown to the guest"},
	[KEY_SUB_VENDOR_ID] = {.name = "sub-vendor-id",
			       BOTH,
			       TEXT(sub_vendor_id),
			       .valid = valid_hex16,
			       .form = "0x and four hexadecimal digits",
			       .help = "subsystem vendor id shown to the guest"},
	[KEY_SUB_DEVICE_ID] = {.name = "sub-device-id",
			       BOTH,
			       TEXT(sub_device_id),
			       .valid = valid_hex16,
			       .form = "0x and four hexadecimal digits",
			       .help = "subsystem device id shown to the guest"},
	[KEY_RETURN] = {.name = "return",
			.type = KEY_TYPE_WORD,
			.where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
			AT(return_to),
			.max = _WISH_RETURN_MAX,
			.words = wish_return_words,
			.help = "after the machine stopped: host, vfio or none "
				"(default host; storage: vfio)"},
	[KEY_RETURN_AFTER] =
		{.name = "return-after",
		 .type = KEY_TYPE_INT,
		 .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		 AT(return_after),
		 .min = 1,
		 .max = WISH_RETURN_AFTER_MAX,
		 .help = "minutes after which a device that stays on vfio-pci goes back "
			 "to the host (default: never by itself)"},
	[KEY_RESET] = {.name = "reset",
		       .type = KEY_TYPE_RESET,
		       .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		       AT(reset),
		       .help = "reset before the start: none (default), default "
			       "(the kernel's choice), or methods, the first choice "
			       "first"},
	[KEY_DEADLINE] =
		{.name = "deadline",
		 .type = KEY_TYPE_INT,
		 .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		 AT(deadline),
		 .min = 1,
		 .max = 600,
		 .help = "seconds one step on the device may take (default: by step)"},
	[KEY_STRICT] =
		{.name = "strict",
		 .type = KEY_TYPE_BOOL,
		 .where = KEY_IN_VM | KEY_IN_HOST,
		 AT(strict),
		 .help = "a hostpciN line that Proxmox would drop makes the start fail"},
	[KEY_GATE] = {.name = "gate",
		      .type = KEY_TYPE_WORD,
		      .where = KEY_IN_VM | KEY_IN_HOST,
		      AT(gate),
		      .max = _WISH_GATE_MAX,
		      .words = gate_words,
		      .help = "strict (default): what the gate grades 'ask' is refused; "
			      "warn: it is told"},
	[KEY_ALLOW] = {.name = "allow",
		       .type = KEY_TYPE_ADDRESSES,
		       .where = KEY_IN_DEVICE | KEY_IN_VM,
		       AT(allow),
		       .help = "addresses that may be taken although the gate grades "
			       "them 'ask'"},
	[KEY_PROTECT] =
		{.name = "protect",
		 .type = KEY_TYPE_ADDRESSES,
		 .where = KEY_IN_HOST,
		 AT(protect),
		 .help = "addresses that no machine gets unless its policy allows it"},
	[KEY_FREE] = {.name = "free",
		      .type = KEY_TYPE_TEXTS,
		      .where = KEY_IN_DEVICE | KEY_IN_VM,
		      AT(free),
		      .valid = valid_program,
		      .form = "the full path of a program first",
		      .help = "a command, in a list of texts, that is run when somebody "
			      "uses the device"},
	[KEY_RESCAN] =
		{.name = "rescan",
		 .type = KEY_TYPE_BOOL,
		 .where = KEY_IN_DEVICE | KEY_IN_VM,
		 AT(rescan),
		 .help = "remove it from the kernel and rescan its bus before the start"},
	[KEY_POWER] =
		{.name = "power",
		 .type = KEY_TYPE_WORD,
		 .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		 AT(power),
		 .max = _WISH_POWER_MAX,
		 .words = wish_power_words,
		 .help = "while on vfio-pci and unused: on (D0) or auto (suspended, "
			 "the kernel's default)"},
	[KEY_D3COLD] = {.name = "d3cold",
			.type = KEY_TYPE_BOOL,
			.where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
			AT(d3cold),
			.help = "whether its power may be cut while it is suspended"},
	[KEY_BAR_SIZES] =
		{.name = "bar-sizes",
		 .type = KEY_TYPE_BAR_SIZES,
		 .where = KEY_IN_DEVICE,
		 AT(bar_sizes),
		 .help = "sizes of its resizable BARs while it is the machine's"},
	[KEY_NEW_ID] = {.name = "new-id",
			.type = KEY_TYPE_WORD,
			.where = KEY_IN_HOST,
			AT(new_id),
			.max = _WISH_NEW_ID_MAX,
			.words = new_id_words,
			.help = "ids in vfio-pci's new_id that grab virtual functions: "
				"tell (default) or remove"},
	[KEY_HOOKS] =
		{.name = "hooks",
		 .type = KEY_TYPE_TEXTS,
		 .where = KEY_IN_VM,
		 AT(hooks),
		 .valid = valid_hook,
		 .each = true,
		 .form = "STORAGE:snippets/NAME, or the full path of a program; not "
			 "hostpci-hook itself",
		 .help = "hookscripts that are run beside hostpci-hook, in this "
			 "order"},
};

const struct key *key_find(const char *name, unsigned where)
{
	for (size_t i = 0; i < _KEY_MAX; i++)
		if (key_table[i].where & where && !strcmp(key_table[i].name, name))
			return &key_table[i];
	return NULL;
}

const struct key *key_nearest(const char *name, unsigned where)
{
	const struct key *nearest = NULL;
	unsigned best = WORDS_FAR;

	for (size_t i = 0; i < _KEY_MAX; i++) {
		unsigned d = words_distance(name, key_table[i].name);

		if (key_table[i].where & where && d < best) {
			best = d;
			nearest = &key_table[i];
		}
	}
	return nearest;
}

const char *key_hint(const char *name, unsigned where, char buf[static KEY_HINT])
{
	const struct key *near = key_nearest(name, where);
	bool policy = !(where & KEY_IN_PROXMOX);

	if (near)
		(void)snprintf(buf, KEY_HINT, " (did you mean '%s'?)", near->name);
	else if (where & KEY_IN_VM && key_find(name, KEY_IN_DEVICE))
		(void)snprintf(buf, KEY_HINT, ": it belongs into hostpciN = { ... }");
	else if (where & KEY_IN_DEVICE && key_find(name, KEY_IN_VM))
		(void)snprintf(buf, KEY_HINT, ": it belongs outside of hostpciN");
	else if (policy && !strncmp(name, "hostpci", strlen("hostpci")))
		(void)snprintf(buf, KEY_HINT, ": %s",
			       where & KEY_IN_VM
				       ? "there are hostpci0 to hostpci15"
				       : "devices are declared in vm/VMID.conf");
	else
		(void)snprintf(buf, KEY_HINT, ": remove it (%s names all)",
			       where & KEY_IN_HOST ? "hostpci.conf(5)"
			       : policy		   ? "hostpci-vm.conf(5)"
						   : "hostpciN in qm(1)");
	return buf;
}

static void *member(const struct key *key, struct wish *wish)
{
	wish->set |= UINT64_C(1) << (key - key_table);
	return (char *)wish + key->offset;
}

/* "host, vfio, none" */
static void list_words(const struct key *key, char *buf, size_t size)
{
	size_t at = 0;

	for (int i = 0; i < (int)key->max && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "",
				       key->words[i]);
}

int key_wrong_type(const struct key *key, struct err *err)
{
	static const char *const wanted[] = {
		[KEY_TYPE_BOOL] = "true or false, without quotes",
		[KEY_TYPE_WORD] = "one of its words, in quotes: ",
		[KEY_TYPE_INT] = "a number",
		[KEY_TYPE_TEXT] = "a text in quotes",
		[KEY_TYPE_ADDRESSES] =
			"PCI addresses in quotes: [\"01:00.0\", \"02:00\"]",
		[KEY_TYPE_TEXTS] = "a list of texts in quotes: [\"one\", \"two\"]",
		[KEY_TYPE_RESET] = "none, default, or methods, in quotes: [\"flr\"]",
		[KEY_TYPE_BAR_SIZES] = "BARs with their sizes, in quotes: [\"0:16G\"]",
	};
	char more[128] = "";

	if (key->type == KEY_TYPE_WORD)
		list_words(key, more, sizeof(more));
	else if (key->type == KEY_TYPE_INT)
		(void)snprintf(more, sizeof(more), " from %ld to %ld, without quotes",
			       key->min, key->max);
	return err_set(err, EINVAL, "'%s' takes %s%s", key->name, wanted[key->type],
		       more);
}

int key_store_bool(const struct key *key, bool value, struct wish *wish, struct err *err)
{
	if (key->type != KEY_TYPE_BOOL)
		return key_wrong_type(key, err);
	*(bool *)member(key, wish) = value;
	return 0;
}

int key_store_int(const struct key *key, long value, struct wish *wish, struct err *err)
{
	if (key->type != KEY_TYPE_INT)
		return key_wrong_type(key, err);
	if (value < key->min || value > key->max)
		return err_set(err, ERANGE, "'%s' is %ld, not within %ld and %ld",
			       key->name, value, key->min, key->max);
	*(int *)member(key, wish) = (int)value;
	return 0;
}

static int store_word(const struct key *key, const char *text, struct wish *wish,
		      struct err *err)
{
	int value = words_find(key->words, (int)key->max, text);
	char all[128];

	if (value >= 0) {
		*(int *)member(key, wish) = value;
		return 0;
	}
	list_words(key, all, sizeof(all));
	return err_set(err, EINVAL, "'%s' is '%s', not one of: %s", key->name, text, all);
}

static int store_plain_text(const struct key *key, const char *text, struct wish *wish,
			    struct err *err)
{
	if (strlen(text) >= (size_t)key->max)
		return err_set(err, ERANGE, "'%s' is longer than %ld characters",
			       key->name, key->max - 1);
	if (key->valid && !key->valid(text))
		return err_set(err, EINVAL, "'%s' has the wrong form: '%s' (it takes %s)",
			       key->name, text, key->form);
	memcpy(member(key, wish), text, strlen(text) + 1);
	return 0;
}

/* The form is that of the first, or of each. */
int key_store_texts(const struct key *key, const char *const *text, unsigned n,
		    struct wish *wish, struct err *err)
{
	struct text_list list = {.n = n};
	size_t at = 0;

	if (key->type != KEY_TYPE_TEXTS)
		return key_wrong_type(key, err);
	for (unsigned i = 0; i < (key->each ? n : n > 0) && key->valid; i++)
		if (!key->valid(text[i]))
			return err_set(err, EINVAL, "'%s' %s '%s' (it takes %s)",
				       key->name, key->each ? "has" : "begins with",
				       text[i], key->form);
	for (unsigned i = 0; i < n; i++) {
		size_t size = strlen(text[i]) + 1;

		if (size > sizeof(list.text) - at)
			return err_set(err, E2BIG, "'%s' is longer than %zu characters",
				       key->name, sizeof(list.text));
		memcpy(list.text + at, text[i], size);
		at += size;
	}
	*(struct text_list *)member(key, wish) = list;
	return 0;
}

static int store_list(const struct key *key, const char *text, struct wish *wish,
		      struct err *err)
{
	struct address_list list;
	struct bar_sizes sizes;
	struct reset_wish reset;
	int r = 0;

	if (key->type == KEY_TYPE_RESET)
		r = reset_wish_parse(text, &reset, err);
	else if (key->type == KEY_TYPE_BAR_SIZES)
		r = bar_sizes_parse(text, &sizes, err);
	else
		r = address_list_parse(text, &list, err);
	if (r < 0)
		return err_wrap(err, "'%s'", key->name);
	if (key->type == KEY_TYPE_RESET)
		*(struct reset_wish *)member(key, wish) = reset;
	else if (key->type == KEY_TYPE_BAR_SIZES)
		*(struct bar_sizes *)member(key, wish) = sizes;
	else
		*(struct address_list *)member(key, wish) = list;
	return 0;
}

bool key_takes_list(const struct key *key)
{
	return key->type == KEY_TYPE_ADDRESSES || key->type == KEY_TYPE_RESET ||
	       key->type == KEY_TYPE_BAR_SIZES;
}

int key_store_text(const struct key *key, const char *text, struct wish *wish,
		   struct err *err)
{
	switch (key->type) {
	case KEY_TYPE_BOOL:
	case KEY_TYPE_INT:
		return key_wrong_type(key, err);
	case KEY_TYPE_WORD:
		return store_word(key, text, wish, err);
	case KEY_TYPE_TEXT:
		return store_plain_text(key, text, wish, err);
	case KEY_TYPE_TEXTS:
		return key_store_texts(key, &text, 1, wish, err);
	case KEY_TYPE_ADDRESSES:
	case KEY_TYPE_RESET:
	case KEY_TYPE_BAR_SIZES:
		return store_list(key, text, wish, err);
	}
	return -EINVAL;
}

int key_parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = {"0",  "1",	 "off",	  "on",
					    "no", "yes", "false", "true"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcasecmp(text, words[i])) {
			*ret = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

int key_store_property(const struct key *key, const char *text, struct wish *wish,
		       struct err *err)
{
	bool value;

	if (key->type != KEY_TYPE_BOOL)
		return key_store_text(key, text, wish, err);
	if (key_parse_bool(text, &value) < 0)
		return err_set(err, EINVAL, "'%s=%s' is neither 1 nor 0", key->name,
			       text);
	return key_store_bool(key, value, wish, err);
}

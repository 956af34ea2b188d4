/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/slot-check.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "spec/propstring.h"

bool slot_has_source(const struct wish *wish)
{
	struct uuid uuid;

	return wish_has(wish, KEY_HOST) || wish_has(wish, KEY_MAPPING) ||
	       wish_has(wish, KEY_VF_OF) ||
	       (wish_has(wish, KEY_MDEV) && uuid_parse(wish->mdev, &uuid) == 0);
}

int slot_value_check(const char *value, const char *what, struct notes *notes,
		     struct err *err)
{
	struct wish wish;
	int r = propstring_parse(value, &wish, err);

	if (r == 0 && !wish_has(&wish, KEY_HOST) && !wish_has(&wish, KEY_MAPPING))
		notes_add(notes,
			  "%s names no device, and a machine with such a line does not "
			  "start: add an address, or mapping=NAME",
			  what);
	return r == -EINVAL ? 0 : r;
}

/* Where the group of the policy stands that is wrong; without one, the line. */
static int _printf_(4, 5) refuse(const struct slot *slot, unsigned n, struct err *err,
				 const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return slot->group_line ? err_at(err, EINVAL, slot->group_file, slot->group_line,
					 "hostpci%u: %s", n, text)
				: err_at(err, EINVAL, slot->file, slot->line,
					 "hostpci%u: %s", n, text);
}

/* A slip in a UUID: no type is called so. */
static bool is_nearly_uuid(const char *text)
{
	size_t n = strlen(text), dashes = 0;
	struct uuid uuid;

	for (size_t i = 0; i < n; i++) {
		dashes += text[i] == '-';
		if (text[i] != '-' && !isalnum((unsigned char)text[i]))
			return false;
	}
	return n >= UUID_TEXT - 7 && n <= UUID_TEXT + 5 && (dashes >= 3 || !dashes) &&
	       uuid_parse(text, &uuid) < 0;
}

static int check_mdev(const struct slot *slot, unsigned n, struct err *err)
{
	const struct wish *wish = &slot->wish;

	if (!wish_has(wish, KEY_MDEV))
		return !wish_has(wish, KEY_MDEV_ATTRIBUTES) || !slot->present
			       ? 0
			       : refuse(slot, n, err,
					"there are mdev-attributes, but no mdev, so that "
					"the whole device would be given: add mdev = "
					"\"TYPE\", or remove them");
	if (wish_has(wish, KEY_VF_OF))
		return refuse(slot, n, err,
			      "there are both mdev and vf-of: remove one; a vGPU type "
			      "goes with host or mapping, which name the function");
	if (slot_is_proxmox(slot))
		return 0;
	/* As Proxmox judges "0", it would be the whole device. */
	if (!strcmp(wish->mdev, "0"))
		return refuse(slot, n, err,
			      "mdev = \"0\" is no type: hostpci mdev types lists them");
	if (is_nearly_uuid(wish->mdev))
		return refuse(slot, n, err,
			      "mdev = \"%.64s\" is no UUID: it has %zu characters, and a "
			      "UUID is 36 hexadecimal digits and dashes, like "
			      "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
			      wish->mdev, strlen(wish->mdev));
	return 0;
}

static int check_index(const struct slot *slot, unsigned n, struct err *err)
{
	return !wish_has(&slot->wish, KEY_INDEX) || wish_has(&slot->wish, KEY_VF_OF)
		       ? 0
		       : refuse(slot, n, err,
				"index counts the virtual functions of vf-of, and there "
				"is none: add vf-of = \"NAME\" instead of what names the "
				"device, or remove index");
}

/* What is only done to a whole device, or set for a network's function. */
static void note_idle(struct spec *spec, unsigned n)
{
	static const enum key_id idle[] = {
		KEY_RETURN,	 KEY_RETURN_AFTER,    KEY_RESET,	 KEY_RESCAN,
		KEY_POWER,	 KEY_D3COLD,	      KEY_BAR_SIZES,	 KEY_MAC,
		KEY_VLAN,	 KEY_VLAN_QOS,	      KEY_VLAN_PROTOCOL, KEY_TRUST,
		KEY_SPOOF_CHECK, KEY_MIN_RATE,	      KEY_MAX_RATE,	 KEY_LINK_STATE,
		KEY_NVME_QUEUES, KEY_NVME_INTERRUPTS,
	};
	const struct slot *slot = &spec->slot[n];

	for (size_t i = 0; wish_has(&slot->wish, KEY_MDEV) && i < ARRAY_SIZE(idle); i++)
		if (wish_has(&slot->wish, idle[i]))
			notes_add(
				&spec->notes,
				"%s:%u: hostpci%u: %s has no effect on a mediated device "
				"or a vGPU: remove it",
				slot->group_file, slot->group_line, n,
				key_table[idle[i]].name);
}

/* It says nothing that only a device has which it declares itself. */
static bool only_adds(const struct wish *wish)
{
	for (int id = 0; id < _KEY_MAX; id++)
		if (wish_has(wish, (enum key_id)id) &&
		    (key_table[id].where & KEY_IN_PROXMOX || id == KEY_INDEX))
			return false;
	return true;
}

/* The line that it adds to was perhaps taken out of the VM config, or Proxmox drops it.
 */
static int check_source(struct spec *spec, unsigned n, struct err *err)
{
	struct slot *slot = &spec->slot[n];

	if (!spec->have_config || (!spec->rejected.code && !only_adds(&slot->wish)))
		return refuse(slot, n, err,
			      "no device is named: add host, mapping or vf-of, or, as "
			      "mdev, the UUID of a device that mdevctl has defined");
	notes_add(&spec->notes,
		  "%s:%u: hostpci%u has neither a line in %s nor host, mapping or vf-of "
		  "here: the group is ignored; remove it, or add one",
		  slot->group_file, slot->group_line, n, spec->config);
	slot->wish = (struct wish){0};
	return 0;
}

/* Prepared, and then nobody hands it to QEMU. */
static void check_unread(struct spec *spec, unsigned n)
{
	const struct slot *slot = &spec->slot[n];
	char why[512];

	if (!slot->present || slot_is_proxmox(slot) || !spec_is_proxmox(spec) ||
	    spec->args_vfio)
		return;
	(void)snprintf(why, sizeof(why),
		       "hostpci%u has no line in %s, and Proxmox gives a guest only what "
		       "its own config names: put the line there, or hand the device to "
		       "QEMU by args:",
		       n, spec->config);
	if (!spec->rejected.code)
		(void)err_at(&spec->rejected, EINVAL, slot->file, slot->line, "%s", why);
	notes_add(&spec->notes,
		  "%s: %s (strict = true in the policy makes such a start fail)",
		  SLOT_PLACE(slot), why);
}

int slots_check(struct spec *spec, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++) {
		r = check_mdev(&spec->slot[i], i, err);
		if (r == 0 && spec->slot[i].present)
			r = check_index(&spec->slot[i], i, err);
		if (r == 0 && spec->slot[i].group_line && !spec->slot[i].present)
			r = check_source(spec, i, err);
		if (r == 0)
			note_idle(spec, i);
	}
	for (unsigned i = 0; r == 0 && i < LIMIT_SLOTS; i++)
		check_unread(spec, i);
	return r;
}

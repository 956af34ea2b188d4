/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/vmformat.h"

/*
 * The options of a VM config, and which of their values Proxmox's reader drops
 * (qemu-server, PVE::QemuServer; it looks at the type and the format of a value, and at
 * words and ranges only inside property strings).
 */
enum vmoption_type {
	VMOPTION_TYPE_TEXT,
	VMOPTION_TYPE_BOOL,
	VMOPTION_TYPE_INTEGER,
	VMOPTION_TYPE_NUMBER,
};

/* What becomes of a change while the machine runs or when it is applied. */
enum vmoption_effect {
	VMOPTION_EFFECT_FILE,	 /* the file alone, at the next start */
	VMOPTION_EFFECT_AT_ONCE, /* the file alone, at once */
	VMOPTION_EFFECT_QEMU,	 /* a running QEMU is told */
	VMOPTION_EFFECT_VOLUME,	 /* storage is freed or remembered */
};

struct vmoption {
	const char *name;
	unsigned count; /* NAME0 to NAMEcount-1; 0: NAME itself */
	enum vmoption_type type;
	enum vmoption_effect effect;
	const struct vmformat *format;
	bool (*valid)(const char *value);
};

extern const struct vmoption vmoption_list[];	/* the last one has no name */
extern const struct vmoption vmoption_fleecing; /* the one of [special:fleecing] */

/* NULL: Proxmox has no such option. */
const struct vmoption *vmoption_find(const char *name);

/* True for the volume of a cloud-init drive. */
bool vmoption_is_cloudinit(const char *volume);

/* True for a disk (not unusedN), as it may stand in a boot order. */
bool vmoption_is_drive(const char *name);

/*
 * The value that Proxmox keeps for @value (@size bytes, NUL-terminated, may hold NULs):
 * *@ret, which the caller frees, *@ret_size. -EINVAL with words: it drops the line.
 */
int vmoption_value(const struct vmoption *option, const char *value, size_t size,
		   char **ret, size_t *ret_size, struct err *err) _must_check_;

/* The format of hostpciN. */
extern const struct vmformat vmformat_hostpci;
extern const struct vmformat vmformat_boot;
extern const struct vmformat
	vmformat_drive; /* of every kind of disk: file, media, size */
extern const struct vmformat vmformat_memory;

/* A list with ',', ';' and blanks between its words; walks it: the next word in
 * [*@text, +@ret_size), NULL at its end. */
const char *vmoption_word(const char **text, size_t *ret_size);
/* True if @name is one of the words of such a list; NULL is an empty one. */
bool vmoption_listed(const char *list, const char *name);

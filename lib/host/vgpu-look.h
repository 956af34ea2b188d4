/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/root.h"

/*
 * The vGPU types of a function whose driver gives it away as it is (NVIDIA's since Linux
 * 6.8): nvidia/current_vgpu_type is a number, 0 for none, and nvidia/creatable_vgpu_types
 * has lines "ID : name" below a header, and none while there is a type.
 */
struct vgpu {
	uint32_t type;	  /* that it has, 0: none */
	uint32_t id;	  /* of the one asked for; 0: it is not offered. Of a name while
			     there is a type: that of its card's other functions */
	char offers[224]; /* "557 (NVIDIA L4-1Q), ..."; empty: nothing */
};

/* The number of type @text; 0: it is no number, but a name. */
uint32_t vgpu_number(const char *text);

/* Calls @each for every type of @text, the list of types, which is cut up. */
typedef void vgpu_entry(void *context, uint32_t id, const char *name);
void vgpu_each(char *text, vgpu_entry *each, void *context);

/* Adds what it has to @vgpu. */
void vgpu_list(char *text, const char *wanted, struct vgpu *vgpu);

/*
 * For a child (look.h): looks at the folder @path of a function for type @wanted, a
 * number, or a name with or without "NVIDIA " before it. Answers what vgpu_read takes, ""
 * if the function has no vGPU types.
 */
int vgpu_look(const struct root *root, const char *path, const char *wanted, char *buf,
	      size_t size) _must_check_;

/* False: @text is no answer of vgpu_look, or "". */
bool vgpu_read(const char *text, struct vgpu *ret);

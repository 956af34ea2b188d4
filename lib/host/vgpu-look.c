/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vgpu-look.h"

#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/limits.h"
#include "base/number.h"
#include "host/sysfs.h"

uint32_t vgpu_number(const char *text)
{
	uint64_t n;

	return number_parse(text, UINT32_MAX, &n) == 0 ? (uint32_t)n : 0;
}

/* NVIDIA's tools leave its own name out. */
static bool is_named(const char *name, const char *wanted)
{
	static const char vendor[] = "NVIDIA ";

	return !strcmp(name, wanted) || (!strncmp(name, vendor, strlen(vendor)) &&
					 !strcmp(name + strlen(vendor), wanted));
}

/* "557   : NVIDIA L4-1Q"; false for what is no such line, as the header. */
static bool split(char *line, uint32_t *ret_id, char **ret_name)
{
	char *colon = strchr(line, ':'), *end;

	if (!colon)
		return false;
	*colon++ = '\0';
	colon += strspn(colon, " \t");
	for (end = colon + strlen(colon); end > colon && strchr(" \t\r", end[-1]);)
		*--end = '\0';
	line += strspn(line, " \t");
	line[strcspn(line, " \t")] = '\0';
	*ret_id = vgpu_number(line);
	*ret_name = colon;
	return *ret_id;
}

void vgpu_each(char *text, vgpu_entry *each, void *context)
{
	char *save = NULL, *name;
	uint32_t id;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (split(line, &id, &name))
			each(context, id, name);
}

struct search {
	const char *wanted;
	uint32_t number; /* it is one; 0: a name */
	struct vgpu *vgpu;
};

static void offer(void *context, uint32_t id, const char *name)
{
	const struct search *s = context;
	char *offers = s->vgpu->offers;
	size_t size = sizeof(s->vgpu->offers), at = strlen(offers);
	int n = snprintf(offers + at, size - at, "%s%u (%s)", at ? ", " : "", id, name);

	/* A list that is longer says so. */
	if (n >= (int)(size - at))
		(void)snprintf(offers + size - sizeof(" ..."), sizeof(" ..."), " ...");
	if (s->number ? id == s->number : is_named(name, s->wanted))
		s->vgpu->id = id;
}

void vgpu_list(char *text, const char *wanted, struct vgpu *vgpu)
{
	struct search search = {wanted, vgpu_number(wanted), vgpu};

	vgpu_each(text, offer, &search);
}

struct sibling {
	const struct root *root;
	const char *folder; /* of the physical function */
	const char *wanted;
	struct vgpu *vgpu;
};

/* One more function of its card, until one has no type itself, and offers it. */
static int ask_sibling(void *context, const char *name)
{
	const struct sibling *s = context;
	char at[CHILD_PATH + 96], text[LIMIT_ATTRIBUTE];
	struct vgpu other = {0};

	if (strncmp(name, "virtfn", strlen("virtfn")) != 0)
		return 0;
	(void)snprintf(at, sizeof(at), "%s/%.32s/nvidia/creatable_vgpu_types", s->folder,
		       name);
	if (sysfs_read(s->root, at, text, sizeof(text)) == 0)
		vgpu_list(text, s->wanted, &other);
	s->vgpu->id = other.id;
	return other.id != 0;
}

/* While a function has a type it does not show its list: that of its like says which
 * number a name has. */
static void ask_siblings(const struct root *root, const char *path, const char *wanted,
			 struct vgpu *vgpu)
{
	char folder[CHILD_PATH + 16];
	struct sibling sibling = {root, folder, wanted, vgpu};

	if (!wanted[0] || vgpu_number(wanted))
		return;
	(void)snprintf(folder, sizeof(folder), "%s/physfn", path);
	(void)!sysfs_each(root, folder, SYSFS_LINKS, ask_sibling, &sibling);
}

int vgpu_look(const struct root *root, const char *path, const char *wanted, char *buf,
	      size_t size)
{
	char at[CHILD_PATH + 32], text[LIMIT_ATTRIBUTE];
	struct vgpu vgpu = {0};
	uint64_t type;
	int r;

	buf[0] = '\0';
	(void)snprintf(at, sizeof(at), "%s/nvidia/current_vgpu_type", path);
	r = sysfs_read(root, at, text, sizeof(text));
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (number_parse(text, UINT32_MAX, &type) < 0)
		return -EBADMSG;
	vgpu.type = (uint32_t)type;
	(void)snprintf(at, sizeof(at), "%s/nvidia/creatable_vgpu_types", path);
	r = sysfs_read(root, at, text, sizeof(text));
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0)
		vgpu_list(text, wanted, &vgpu);
	if (vgpu.type && !vgpu.id)
		ask_siblings(root, path, wanted, &vgpu);
	(void)snprintf(buf, size, "%u %u %s", vgpu.type, vgpu.id, vgpu.offers);
	return 0;
}

bool vgpu_read(const char *text, struct vgpu *ret)
{
	char type[16], id[16];
	size_t first = strcspn(text, " "), second;
	uint64_t a, b;

	if (!text[first])
		return false;
	second = strcspn(text + first + 1, " ");
	if (first >= sizeof(type) || second >= sizeof(id))
		return false;
	(void)snprintf(type, sizeof(type), "%.*s", (int)first, text);
	(void)snprintf(id, sizeof(id), "%.*s", (int)second, text + first + 1);
	if (number_parse(type, UINT32_MAX, &a) < 0 ||
	    number_parse(id, UINT32_MAX, &b) < 0)
		return false;
	*ret = (struct vgpu){.type = (uint32_t)a, .id = (uint32_t)b};
	text += first + 1 + second;
	(void)snprintf(ret->offers, sizeof(ret->offers), "%s", text + (*text == ' '));
	return true;
}

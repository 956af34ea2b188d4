/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vf-attribute.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool is_plain(const char *text, const char *more)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(more, *text))
			return false;
	return true;
}

/* No part of it is empty, "." or "..", or hidden: it cannot lead out of its folder. */
static bool valid_name(const char *name)
{
	if (!name[0] || !is_plain(name, "/._-"))
		return false;
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += part != name;
		if (*part == '.' || *part == '/' || !*part)
			return false;
	}
	return true;
}

int vf_attribute_parse(const char *text, char between, struct vf_attribute *ret)
{
	const char *value = strchr(text, between);
	struct vf_attribute a;
	size_t n;

	if (!value)
		return -EINVAL;
	n = (size_t)(value++ - text);
	if (n >= sizeof(a.name) || !*value || strlen(value) >= sizeof(a.value) ||
	    !is_plain(value, "._-"))
		return -EINVAL;
	(void)snprintf(a.name, sizeof(a.name), "%.*s", (int)n, text);
	(void)snprintf(a.value, sizeof(a.value), "%s", value);
	if (!valid_name(a.name))
		return -EINVAL;
	*ret = a;
	return 0;
}

const char *vf_attribute_path(unsigned index, const char *name,
			      char buf[static VF_ATTRIBUTE_PATH])
{
	(void)snprintf(buf, VF_ATTRIBUTE_PATH, "physfn/sriov_admin/vf%u/%s", index + 1,
		       name);
	return buf;
}

const char *vf_attribute_pf_path(unsigned index, const char *name,
				 char buf[static VF_ATTRIBUTE_PATH])
{
	(void)snprintf(buf, VF_ATTRIBUTE_PATH, "sriov_admin/vf%u/%s", index + 1, name);
	return buf;
}

const char *vf_attribute_shown(const char *shown, char buf[static VF_ATTRIBUTE_VALUE])
{
	const char *chosen = strchr(shown, '[');
	size_t n = chosen ? strcspn(++chosen, "]") : strlen(shown);

	(void)snprintf(buf, VF_ATTRIBUTE_VALUE, "%.*s", (int)n, chosen ? chosen : shown);
	return buf;
}

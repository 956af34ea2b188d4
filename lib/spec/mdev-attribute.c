/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/mdev-attribute.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What every device has, and links that lead elsewhere. */
static bool is_kernels(const char *name, size_t n)
{
	static const char *const names[] = {"remove",	"uevent",      "power",
					    "driver",	"subsystem",   "mdev_type",
					    "iommu",	"iommu_group", "driver_override",
					    "vfio-dev", "device",      "firmware_node",
					    "of_node"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && !strncmp(names[i], name, n))
			return true;
	return false;
}

bool mdev_attribute_name_valid(const char *name)
{
	const char *part = name;

	if (strlen(name) >= LIMIT_NAME || is_kernels(name, strcspn(name, "/")))
		return false;
	for (int depth = 0; depth < 2; depth++) {
		size_t n = strspn(part, LETTERS "0123456789_.-");

		if (!n || part[0] == '.' || (part[n] && part[n] != '/'))
			return false;
		if (!part[n])
			return true;
		part += n + 1;
	}
	return false;
}

bool vgpu_attribute_valid(const char *name)
{
	static const char folder[] = "nvidia/";

	return mdev_attribute_name_valid(name) &&
	       !strncmp(name, folder, strlen(folder)) &&
	       strcmp(name, "nvidia/current_vgpu_type") != 0;
}

/* It stands in a journal as it is. */
bool mdev_attribute_value_valid(const char *value)
{
	size_t n = strlen(value);

	for (size_t i = 0; i < n; i++)
		if (value[i] < ' ' || value[i] > '~' || strchr("\"\\", value[i]))
			return false;
	return n > 0 && n < LIMIT_VALUE;
}

bool mdev_attribute_parse(const char *text, struct mdev_attribute *ret)
{
	struct mdev_attribute attribute;
	size_t n = strcspn(text, "=");

	if (!text[n] || n >= sizeof(attribute.name) ||
	    !mdev_attribute_value_valid(text + n + 1))
		return false;
	(void)snprintf(attribute.name, sizeof(attribute.name), "%.*s", (int)n, text);
	(void)snprintf(attribute.value, sizeof(attribute.value), "%s", text + n + 1);
	if (!mdev_attribute_name_valid(attribute.name))
		return false;
	*ret = attribute;
	return true;
}

bool mdev_attribute_valid(const char *text)
{
	struct mdev_attribute attribute;

	return mdev_attribute_parse(text, &attribute);
}

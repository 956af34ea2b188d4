/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/installed.h"

#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/limits.h"
#include "base/name.h"
#include "spec/section.h"
#include "spec/vmstore.h"

#define INSTALLED_FOLDER "/etc/pve/hostpci/installed"

/* "KEY: VALUE" into @ret; others are of a later version. */
static void store(char *line, struct installed *ret)
{
	char *colon = strstr(line, ": ");
	const char *value;

	if (!colon)
		return;
	*colon = '\0';
	value = colon + 2;
	if (!strcmp(line, "version") && strlen(value) < sizeof(ret->version))
		(void)snprintf(ret->version, sizeof(ret->version), "%s", value);
	else if (!strcmp(line, "stub") && strlen(value) < sizeof(ret->stub))
		(void)snprintf(ret->stub, sizeof(ret->stub), "%s", value);
}

int installed_read(const struct root *root, const char *node, struct installed *ret)
{
	_cleanup_free_ char *text = NULL;
	struct section_reader in;
	struct installed installed = {0};
	char path[160], *line;
	int r;

	if (!name_valid(node))
		return -EINVAL;
	(void)snprintf(path, sizeof(path), "%s/%s", INSTALLED_FOLDER, node);
	r = file_read(root, path, LIMIT_ATTRIBUTE, &text, NULL);
	if (r < 0)
		return r;
	in = (struct section_reader){.rest = text};
	while ((line = section_line(&in)))
		store(line, &installed);
	if (!installed.version[0])
		return -EINVAL;
	*ret = installed;
	return 0;
}

int installed_write(const struct root *root, const char *node,
		    const struct installed *installed, struct err *err)
{
	static const char *const folders[] = {"/etc/pve/hostpci", INSTALLED_FOLDER};
	struct vmstore store = {.folder = INSTALLED_FOLDER};
	char text[sizeof(*installed) + 64];
	struct vmtext file = {.data = text};
	struct installed now;
	int r = 0;

	if (installed_read(root, node, &now) == 0 &&
	    !strcmp(now.version, installed->version) &&
	    !strcmp(now.stub, installed->stub))
		return 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = file_mkdir(root, folders[i], 0755);
	if (r < 0)
		return vmstore_error(INSTALLED_FOLDER, -r, err);
	if (!name_valid(node) || strlen(node) >= sizeof(store.name))
		return err_set(err, EINVAL, "'%.64s' is no name of a node", node);
	(void)snprintf(store.name, sizeof(store.name), "%s", node);
	(void)snprintf(store.path, sizeof(store.path), "%s/%s", store.folder, node);
	file.size = (size_t)snprintf(text, sizeof(text), "version: %s\nstub: %s\n",
				     installed->version, installed->stub);
	return vmstore_replace(root, &store, &file, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/use.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "host/look.h"

static bool on_host_driver(const struct device *d)
{
	return d->driver[0] && !d->on_vfio;
}

static bool is_cxl_memory(const struct device *d)
{
	return d->class_code >> 8 == 0x0502 && on_host_driver(d);
}

static bool on_vfio(const struct device *d)
{
	return d->on_vfio;
}

/* Firmware's framebuffer needs no driver to be in use. */
static bool is_screen(const struct device *d)
{
	return d->class_code >> 16 == 0x03 && !d->on_vfio;
}

static bool has_vfs(const struct device *d)
{
	return d->vfs && !d->on_vfio;
}

static const struct {
	bool (*applies)(const struct device *device);
	int (*look)(struct use *use, struct err *err);
} kinds[] = {
	{on_host_driver, use_tree},  {on_host_driver, use_net},
	{is_screen, use_screen},     {on_vfio, use_vfio},
	{has_vfs, use_vfs},	     {on_host_driver, use_mdevs},
	{is_cxl_memory, use_memory},
};

int use_ask(struct use *use, const struct child_request *request, int timeout_ms,
	    struct child_reply *ret)
{
	if (use->looker)
		return child_call(use->looker, request, timeout_ms, ret);
	memset(ret, 0, sizeof(*ret));
	look_handle(use->root, request, ret);
	return 0;
}

int use_look(struct use *use, const struct device *device, struct err *err)
{
	int r = 0;

	use->device = device;
	use->bdf = device->bdf;
	use->blocks = 0;
	use->netdevs = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].applies(device))
			r = kinds[i].look(use, err);
	return r;
}

struct holding *use_add(struct use *use, enum grade grade, struct err *err)
{
	struct holding *h = holdings_add(use->holdings, &use->bdf, grade);

	if (!h)
		(void)err_set(err, ENOMEM, "out of memory");
	return h;
}

/* "259:3", as the kernel prints it. */
static void parse_number(const char *text, struct node *node)
{
	char major[16];
	const char *colon = text ? strchr(text, ':') : NULL;
	uint64_t a, b;

	if (!colon || (size_t)(colon - text) >= sizeof(major))
		return;
	(void)snprintf(major, sizeof(major), "%.*s", (int)(colon - text), text);
	if (number_parse(major, UINT32_MAX, &a) == 0 &&
	    number_parse(colon + 1, UINT32_MAX, &b) == 0) {
		node->major = (unsigned)a;
		node->minor = (unsigned)b;
	}
}

static int append(struct use_node **list, size_t *n, const struct use_node *node,
		  struct err *err)
{
	struct use_node *grown = realloc(*list, (*n + 1) * sizeof(*grown));

	if (!grown)
		return err_set(err, ENOMEM, "out of memory");
	*list = grown;
	grown[(*n)++] = *node;
	return 0;
}

int use_add_node(struct use *use, enum grade grade, const char *path, const char *number,
		 struct err *err)
{
	struct use_node node = {.bdf = use->bdf, .grade = grade};

	SAY(node.node.path, "%s", path);
	parse_number(number, &node.node);
	return append(&use->node, &use->nodes, &node, err);
}

int use_add_disk(struct use *use, const char *path, const char *number, struct err *err)
{
	struct use_node node = {.bdf = use->bdf, .grade = GRADE_NEVER};

	SAY(node.node.path, "%s", path);
	parse_number(number, &node.node);
	return append(&use->disk, &use->disks, &node, err);
}

int use_look_once(struct use *use, struct err *err)
{
	int r = use_backings(use, err);

	if (r == 0)
		r = use_network(use, err);
	return r == 0 ? use_openers(use, err) : r;
}

/* More than LIMIT_NETDEVS are an error: one that is not looked at may be the host's way
 * out. */
int use_add_netdev(struct use *use, const char *name, struct err *err)
{
	if (!use->netdev)
		use->netdev = calloc(LIMIT_NETDEVS, sizeof(*use->netdev));
	if (!use->netdev)
		return err_set(err, ENOMEM, "out of memory");
	if (use->netdevs == LIMIT_NETDEVS)
		return err_set(err, E2BIG, "%s has more than %d network interfaces",
			       BDF(&use->bdf), LIMIT_NETDEVS);
	if (strlen(name) >= sizeof(*use->netdev))
		return err_set(err, EBADMSG,
			       "%s has an interface with a name of %zu characters",
			       BDF(&use->bdf), strlen(name));
	memcpy(use->netdev[use->netdevs++], name, strlen(name) + 1);
	return 0;
}

void use_free(struct use *use)
{
	free(use->netdev);
	free(use->mounts);
	free(use->swaps);
	free(use->switches);
	free(use->node);
	free(use->disk);
	free(use->interface);
}

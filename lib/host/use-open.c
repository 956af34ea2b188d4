/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device files that are held open: by whom, in which unit, container or machine. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/vmid.h"
#include "host/look.h"
#include "host/open-look.h"
#include "host/use.h"

/* Where a process lives, by its control group. */
struct home {
	char text[80]; /* "container 101"; empty: nothing to tell */
	char cure[96]; /* what ends it */
	uint32_t vmid; /* the Proxmox VM that it is; 0: none */
};

/* Copies what follows @mark in @text, up to one of @end; false: @mark is not there. */
static bool after(const char *text, const char *mark, const char *end, char *buf,
		  size_t size)
{
	const char *at = strstr(text, mark);

	if (!at)
		return false;
	at += strlen(mark);
	say(buf, size, "%.*s", (int)strcspn(at, end), at);
	return buf[0] != '\0';
}

/* Proxmox's machines and containers, docker's and podman's, machined's, systemd's units.
 */
static void find_home(const struct root *root, pid_t pid, struct home *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[64], name[64];

	*ret = (struct home){0};
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (file_read(root, path, LIMIT_ATTRIBUTE * 4, &text, NULL) < 0)
		return;
	if (after(text, "qemu.slice/", "./\n", name, sizeof(name))) {
		(void)!vmid_parse(name, &ret->vmid);
		SAY(ret->text, "VM %s", name);
		SAY(ret->cure, "stop VM %s", name);
	} else if (after(text, "/lxc.payload.", "/\n", name, sizeof(name)) ||
		   after(text, "/lxc/", "/\n", name, sizeof(name))) {
		SAY(ret->text, "container %s", name);
		SAY(ret->cure, "stop container %s", name);
	} else if (after(text, "docker-", "./\n", name, 13) ||
		   after(text, "/docker/", "/\n", name, 13)) {
		SAY(ret->text, "docker container %s", name);
		SAY(ret->cure, "docker stop %s", name);
	} else if (after(text, "libpod-", "./\n", name, 13)) {
		SAY(ret->text, "podman container %s", name);
		SAY(ret->cure, "podman stop %s", name);
	} else if (after(text, "machine.slice/machine-", "/\n", name, sizeof(name))) {
		SAY(ret->text, "machine %s", name);
		SAY(ret->cure, "stop machine %s", name);
	} else if (after(text, "system.slice/", "/\n", name, sizeof(name))) {
		SAY(ret->text, "unit %s", name);
		SAY(ret->cure, "systemctl stop %s", name);
	}
}

/* udev looks into every disk that appears, and is through with it in a moment. */
static bool is_passing(const struct root *root, pid_t pid, const char *name)
{
	return strstr(name, "(udev-worker)") || strstr(name, "(systemd-udevd)") ||
	       proc_is_going(root, pid);
}

/* What is told already of the same process and function; NULL: nothing. */
static struct holding *find_told(struct use *use, const char *name)
{
	for (size_t i = use->first_open; i < use->holdings->n; i++) {
		struct holding *h = &use->holdings->item[i];

		if (bdf_equal(&h->bdf, &use->bdf) && strstr(h->who, name) == h->who)
			return h;
	}
	return NULL;
}

static int add(struct use *use, const struct use_node *node, pid_t pid, struct err *err)
{
	struct holding *h;
	struct home home;
	char name[64];

	(void)opener_name(use->root, pid, name, sizeof(name));
	use->bdf = node->bdf;
	h = find_told(use, name);
	if (h) {
		SAY_MORE(h->what, ", %s", node->node.path);
		return 0;
	}
	find_home(use->root, pid, &home);
	/* Two machines never have the same thing, whatever it is. */
	h = use_add(use, home.vmid && home.vmid != use->vmid ? GRADE_NEVER : node->grade,
		    err);
	if (!h)
		return -ENOMEM;
	h->passing = is_passing(use->root, pid, name);
	SAY(h->what, "%s", node->node.path);
	SAY(h->who, "%s%s%s", name, home.text[0] ? ", " : "", home.text);
	SAY(h->why, "is held open by %s", h->who);
	if (home.cure[0])
		SAY(h->cure, "%s", home.cure);
	else
		SAY(h->cure, "end process %d", (int)pid);
	return 0;
}

/* As many nodes from @first on as a request holds; how many were looked for, or -errno.
 */
static ssize_t look(struct use *use, size_t first, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	const char *text = reply.value;
	size_t n = 0, at = 0, index;
	pid_t pid;
	int r;

	look_request(&request, LOOK_OPENERS, "%s", "");
	while (first + n < use->nodes && n < LIMIT_NODES) {
		at = open_look_line(&use->node[first + n].node, request.value,
				    sizeof(request.value), at);
		if (!at)
			break;
		n++;
	}
	r = use_ask(use, &request, LIMIT_OPENERS_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r, "cannot tell who has device files open: %s",
			       strerror(-r));
	while (r == 0 && open_look_next(&text, &index, &pid))
		if (index < n)
			r = add(use, &use->node[first + index], pid, err);
	return r < 0 ? r : (ssize_t)n;
}

int use_openers(struct use *use, struct err *err)
{
	ssize_t n;

	use->first_open = use->holdings->n;
	for (size_t i = 0; i < use->nodes; i += (size_t)n) {
		n = look(use, i, err);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

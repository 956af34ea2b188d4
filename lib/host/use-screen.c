/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graphics card that the host's console is on. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "host/look.h"
#include "host/sysfs.h"
#include "host/use.h"

struct screen {
	struct use *use;
	struct err *err;
	bool boot; /* the firmware's choice */
	bool used;
};

static bool has_word(const char *line, const char *word)
{
	for (; *line; line++)
		if (!strncasecmp(line, word, strlen(word)))
			return true;
	return false;
}

/*
 * The name of what firmware's framebuffer driver has claimed inside of the device's BARs,
 * "" if nothing: lines of /proc/iomem are indented below what they are part of.
 */
static void find_framebuffer(const char *text, const char *address, char *buf,
			     size_t size)
{
	size_t own = 0; /* the indent of the BAR, plus one; 0: not within one */

	buf[0] = '\0';
	for (const char *line = text; *line && !buf[0]; line += *line == '\n') {
		size_t n = strcspn(line, "\n"), indent = strspn(line, " ");
		const char *name = memmem(line, n, " : ", 3);
		char what[64];

		say(what, sizeof(what), "%.*s",
		    name ? (int)(n - (size_t)(name + 3 - line)) : 0,
		    name ? name + 3 : "");
		if (own && indent + 1 <= own)
			own = 0;
		if (!strcmp(what, address))
			own = own ? own : indent + 1;
		else if (own && (has_word(what, "framebuffer") || has_word(what, "fb")))
			say(buf, size, "%s", what);
		line += n;
	}
}

static int check_iomem(struct screen *s)
{
	_cleanup_free_ char *text = NULL;
	struct holding *h;
	char name[64];

	if (file_read(s->use->root, "/proc/iomem", LIMIT_CONFIG, &text, NULL) < 0)
		return 0;
	find_framebuffer(text, BDF(&s->use->device->bdf), name, sizeof(name));
	if (!name[0])
		return 0;
	s->used = true;
	h = use_add(s->use, GRADE_ASK, s->err);
	if (!h)
		return -ENOMEM;
	SAY(h->what, "%s", name);
	SAY(h->why, "is the host's console, in this card's memory: the guest could not "
		    "map it (\"BAR 0: can't reserve\")");
	SAY(h->cure, "boot with initcall_blacklist=sysfb_init, or unbind it in "
		     "/sys/bus/platform/drivers (simple-framebuffer, efi-framebuffer)");
	return 0;
}

/* It is shown under the console's lock, which a card that hangs keeps for ever (kernel,
 * drivers/tty/vt/vt.c, show_bind). */
static int vtcon(void *context, const char *name)
{
	struct screen *s = context;
	char path[CHILD_PATH], text[64];
	struct child_request request;
	struct child_reply reply;
	int r;

	(void)snprintf(path, sizeof(path), "class/vtconsole/%s/name", name);
	if (sysfs_read(s->use->root, path, text, sizeof(text)) < 0 ||
	    !strstr(text, "frame buffer device"))
		return 0;
	look_request(&request, LOOK_TEXT, "/sys/class/vtconsole/%s/bind", name);
	r = use_ask(s->use, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	return r < 0 ? r : !strcmp(reply.value, "1");
}

/* The console uses the first framebuffer, or that of the firmware's card. */
static int each_framebuffer(void *context, const char *name)
{
	struct screen *s = context;
	char path[CHILD_PATH], device[32];
	struct holding *h;
	int r;

	(void)snprintf(path, sizeof(path), "class/graphics/%s/device", name);
	if (strncmp(name, "fb", 2) != 0 || !isdigit((unsigned char)name[2]) ||
	    sysfs_link(s->use->root, path, device, sizeof(device)) < 0 ||
	    strcmp(device, BDF(&s->use->device->bdf)) != 0 ||
	    !(s->boot || !strcmp(name, "fb0")) ||
	    !sysfs_exists(s->use->root, "class/vtconsole"))
		return 0;
	r = sysfs_each(s->use->root, "class/vtconsole", SYSFS_LINKS, vtcon, s);
	if (r <= 0)
		return r;
	s->used = true;
	h = use_add(s->use, GRADE_ASK, s->err);
	if (!h)
		return -ENOMEM;
	SAY(h->what, "/dev/%s", name);
	SAY(h->why, "shows the host's console");
	SAY(h->cure, "take the console off it: echo 0 > "
		     "/sys/class/vtconsole/vtconN/bind, where name has \"frame buffer\"");
	return 0;
}

int use_screen(struct use *use, struct err *err)
{
	struct screen s = {use, err, false, false};
	struct holding *h;
	int r;

	s.boot = sysfs_number(use->root, DEVICE_ATTR(&use->device->bdf, "boot_vga"), 0) ==
		 1;
	r = check_iomem(&s);
	if (r == 0 && sysfs_exists(use->root, "class/graphics"))
		r = sysfs_each(use->root, "class/graphics", SYSFS_LINKS, each_framebuffer,
			       &s);
	if (r < 0)
		return err_set(err, -r, "cannot tell whether %s is the console: %s",
			       BDF(&use->bdf), strerror(-r));
	if (!s.boot || s.used)
		return 0;
	h = use_add(use, GRADE_TELL, err);
	if (!h)
		return -ENOMEM;
	SAY(h->why, "is the graphics card that the firmware uses (boot_vga); the host's "
		    "console is not on it");
	return 0;
}

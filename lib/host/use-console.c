/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A serial line that carries the host's console: the kernel prints there, and no process
 * has it open. */
#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "host/use.h"

/* "tty0 ttyS4" (kernel, drivers/tty/tty_io.c, show_cons_active). */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; *at; at += strcspn(at, " "), at += strspn(at, " "))
		if (strcspn(at, " \n") == n && !strncmp(at, word, n))
			return true;
	return false;
}

/* It is shown under the console's lock, as vtconsole's are. */
int use_console(struct use *use, const char *tty, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	struct holding *h;
	int r;

	look_request(&request, LOOK_TEXT, "/sys/class/tty/console/active");
	r = use_ask(use, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return err_set(err, -r, "cannot tell whether /dev/%s is a console: %s",
			       tty, strerror(-r));
	if (!has_word(reply.value, tty))
		return 0;
	h = use_add(use, GRADE_ASK, err);
	if (!h)
		return -ENOMEM;
	SAY(h->what, "/dev/%s", tty);
	SAY(h->why,
	    "carries the host's console (console=%s): kernel messages would no longer "
	    "come out there",
	    tty);
	SAY(h->cure,
	    "echo N > /sys/class/tty/%s/console takes it off; for good: boot without "
	    "console=%s",
	    tty, tty);
	return 0;
}

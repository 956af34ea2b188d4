/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the host's network leads over interfaces: addresses, routes, connections. */
#include <errno.h>
#include <string.h>

#include "host/look.h"
#include "host/net-look.h"
#include "host/use.h"

int use_add_interface(struct use *use, const struct use_interface *interface,
		      struct err *err)
{
	struct use_interface *grown =
		realloc(use->interface, (use->interfaces + 1) * sizeof(*grown));

	if (!grown)
		return err_set(err, ENOMEM, "out of memory");
	use->interface = grown;
	grown[use->interfaces] = *interface;
	grown[use->interfaces++].bdf = use->bdf;
	return 0;
}

static void say_line(const struct use_interface *i, const struct net_line *line,
		     struct holding *h)
{
	bool direct = !strcmp(i->name, i->own);

	SAY(h->what, "%s", i->own);
	SAY(h->why, "%s%s%s",
	    direct	? ""
	    : i->beside ? "is on the same Open vSwitch as "
			: "carries ",
	    direct ? "" : i->name, direct ? "" : ", which ");
	if (!strcmp(line->kind, "default")) {
		SAY_MORE(h->why, "has the host's default route%s%s",
			 line->text[0] ? " by " : "", line->text);
		SAY(h->cure,
		    "give the host another way out first (/etc/network/interfaces)");
	} else if (!strcmp(line->kind, "session")) {
		SAY_MORE(h->why,
			 "carries an open connection to this host's %s: perhaps "
			 "your own",
			 line->text);
		SAY(h->cure, "come in by another interface");
	} else if (!strcmp(line->kind, "address")) {
		SAY_MORE(h->why, "has the host's address %s", line->text);
		SAY(h->cure,
		    "ip address flush dev %s, and take it out of "
		    "/etc/network/interfaces",
		    i->name);
	} else if (!strcmp(line->kind, "filter")) {
		SAY_MORE(h->why,
			 "lets in what is for %s: an interface on it, in another network "
			 "namespace (a container's macvlan)",
			 line->text);
		SAY(h->cure, "stop the container (lsns -t net lists the namespaces)");
	} else {
		SAY_MORE(h->why, "has a route of the host%s%s",
			 line->text[0] ? " by " : "", line->text);
		SAY(h->cure, "ip route flush dev %s", i->name);
	}
	/* Open vSwitch alone knows which of its ports lead where. */
	if (i->beside)
		SAY(h->cure,
		    "if that is not by way of %s: ovs-vsctl del-port %s; if it is: give "
		    "the host another way first (/etc/network/interfaces)",
		    i->own, i->own);
}

/* What is on top of it here is told already; the kernel shows none of other namespaces.
 */
static bool shows_upper(const struct use *use, const struct use_interface *i)
{
	for (size_t k = 0; k < use->interfaces; k++)
		if (!strcmp(use->interface[k].own, i->own) &&
		    strcmp(use->interface[k].name, i->own) != 0)
			return true;
	return false;
}

/* One that is on top of several functions leads over each of them. */
static int take_line(struct use *use, size_t first, size_t n, const struct net_line *line,
		     struct err *err)
{
	bool never = !strcmp(line->kind, "default") || !strcmp(line->kind, "session");
	bool filter = !strcmp(line->kind, "filter");

	for (size_t i = first; i < first + n; i++) {
		const struct use_interface *at = &use->interface[i];
		struct holding *h;

		if (at->index != line->index ||
		    (filter && (strcmp(at->name, at->own) != 0 || shows_upper(use, at))))
			continue;
		use->bdf = at->bdf;
		h = use_add(use, never ? GRADE_NEVER : GRADE_ASK, err);
		if (!h)
			return -ENOMEM;
		say_line(at, line, h);
		if (at->is_vf)
			use_through_vf(h, &at->vf, &at->bdf);
	}
	return 0;
}

/* 1: what leads over so many does not fit into an answer; over one it does. */
static int ask(struct use *use, size_t first, size_t n, struct err *err)
{
	struct child_request request;
	struct child_reply reply;
	const char *text = reply.value;
	struct net_line line;
	size_t at = 0;
	int r;

	look_request(&request, LOOK_NET, "%s", "");
	for (size_t i = first; i < first + n; i++)
		at += (size_t)snprintf(request.value + at, sizeof(request.value) - at,
				       "%u\n", use->interface[i].index);
	r = use_ask(use, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r == -ENOSPC && n > 1)
		return 1;
	if (r < 0)
		return err_set(err, -r, "cannot tell what %s is used for: %s",
			       use->interface[first].name, strerror(-r));
	while (r == 0 && net_look_next(&text, &line))
		r = take_line(use, first, n, &line, err);
	return r;
}

int use_network(struct use *use, struct err *err)
{
	size_t room = LIMIT_NETDEVS, n;

	for (size_t i = 0; i < use->interfaces; i += n) {
		int r;

		n = use->interfaces - i < room ? use->interfaces - i : room;
		while ((r = ask(use, i, n, err)) > 0)
			room = n = n / 2;
		if (r < 0)
			return r;
	}
	return 0;
}

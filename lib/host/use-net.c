/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a network card is used for: bridge, bond, another namespace. */
#include <errno.h>
#include <string.h>

#include "host/switch-look.h"
#include "host/sysfs.h"
#include "host/use.h"

static const char open_vswitch[] = "Open vSwitch";

/* An interface of the function, or one on top of it. */
struct interface {
	char name[NETDEV_NAME];
	unsigned index;
	size_t below; /* the one of the function that leads here */
	bool beside;  /* it may lead here: they are on the same Open vSwitch */
};

struct net {
	struct use *use;
	struct interface item[LIMIT_NETDEVS];
	size_t n, own; /* the first @own are the function's */
	size_t from;   /* whose upper interfaces are listed now */
	bool beside;   /* and what they are */
	struct err *err;
};

static bool has(const struct net *net, const char *name)
{
	for (size_t i = 0; i < net->n; i++)
		if (!strcmp(net->item[i].name, name))
			return true;
	return false;
}

static int add(struct net *net, const char *name, size_t below)
{
	struct interface *i = &net->item[net->n];
	char path[CHILD_PATH];

	if (has(net, name))
		return 0;
	if (net->n == LIMIT_NETDEVS)
		return err_set(net->err, E2BIG,
			       "%s has more than %d network interfaces on it",
			       BDF(&net->use->bdf), LIMIT_NETDEVS);
	if (strlen(name) >= sizeof(i->name))
		return err_set(net->err, EBADMSG,
			       "%s has an interface with a name of %zu characters",
			       BDF(&net->use->bdf), strlen(name));
	memcpy(i->name, name, strlen(name) + 1);
	(void)snprintf(path, sizeof(path), "class/net/%s/ifindex", name);
	i->index = sysfs_number(net->use->root, path, 0);
	i->below = below;
	i->beside = net->beside;
	net->n++;
	return 0;
}

static int each_upper(void *context, const char *name)
{
	struct net *net = context;
	static const char upper[] = "upper_";

	if (strncmp(name, upper, strlen(upper)) != 0)
		return 0;
	return add(net, name + strlen(upper), net->item[net->from].below);
}

static const char *kind_of(const struct net *net, const char *upper)
{
	static const struct {
		const char *folder, *kind;
	} rows[] = {
		{"bridge", "bridge"},
		{"bonding", "bond"},
	};
	char path[CHILD_PATH];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)snprintf(path, sizeof(path), "class/net/%s/%s", upper,
			       rows[i].folder);
		if (sysfs_exists(net->use->root, path))
			return rows[i].kind;
	}
	if (net->use->switches && switch_lists(net->use->switches, upper))
		return open_vswitch;
	return NULL;
}

/* False: there is none. */
static bool master_of(const struct net *net, const char *name, char master[NETDEV_NAME])
{
	char path[CHILD_PATH];

	(void)snprintf(path, sizeof(path), "class/net/%s/master", name);
	return sysfs_link(net->use->root, path, master, NETDEV_NAME) == 0 && master[0];
}

/*
 * vmbr0 on ovs-system, whose port eno1 is: nothing but Open vSwitch's own tables has the
 * way from one to the other, so that all are taken as on top of it.
 */
static int add_switch(struct net *net, const struct interface *port)
{
	char name[NETDEV_NAME];
	const char *kind;
	int r;

	if (port->beside || !master_of(net, port->name, name))
		return 0;
	kind = kind_of(net, name);
	if (kind && kind != open_vswitch)
		return 0;
	r = use_switches(net->use, net->err);
	if (r < 0 || !switch_lists(net->use->switches, name))
		return r;
	net->beside = true;
	for (const char *at = net->use->switches; r == 0 && *at; at += *at == '\n') {
		SAY(name, "%.*s", (int)strcspn(at, "\n"), at);
		r = add(net, name, port->below);
		at += strcspn(at, "\n");
	}
	return r;
}

/* What is on top of them, on any level: vmbr0 on bond0 on eno1. */
static int add_uppers(struct net *net)
{
	char path[CHILD_PATH];
	int r = 0;

	for (net->from = 0; r == 0 && net->from < net->n; net->from++) {
		(void)snprintf(path, sizeof(path), "class/net/%s",
			       net->item[net->from].name);
		net->beside = net->item[net->from].beside;
		r = sysfs_each(net->use->root, path, SYSFS_LINKS, each_upper, net);
		if (r == -ENOENT)
			r = 0; /* gone meanwhile */
		if (r == 0)
			r = add_switch(net, &net->item[net->from]);
	}
	return r;
}

static struct holding *hold(struct net *net, enum grade grade, size_t interface)
{
	struct holding *h = use_add(net->use, grade, net->err);

	if (h)
		SAY(h->what, "%s", net->item[interface].name);
	return h;
}

/* The interface that is put on top of one of the function's own. */
static int check_master(struct net *net, size_t own)
{
	char master[NETDEV_NAME];
	struct holding *h;
	const char *kind;

	if (!master_of(net, net->item[own].name, master))
		return 0;
	h = hold(net, GRADE_ASK, own);
	if (!h)
		return -ENOMEM;
	kind = kind_of(net, master);
	SAY(h->who, "%s %s", kind ? kind : "interface", master);
	SAY(h->why, "is a port of %s", h->who);
	SAY(h->cure, "%s %s%s, and take it out of /etc/network/interfaces",
	    kind == open_vswitch ? "ovs-vsctl del-port" : "ip link set",
	    net->item[own].name, kind == open_vswitch ? "" : " nomaster");
	return 0;
}

/* VLANs, macvlan and the like, which are on top without being its master. */
static int check_upper(struct net *net, size_t upper)
{
	const struct interface *i = &net->item[upper];
	const char *own = net->item[i->below].name;
	char path[CHILD_PATH], master[NETDEV_NAME];
	struct holding *h;

	(void)snprintf(path, sizeof(path), "class/net/%s/lower_%s", i->name, own);
	if (!sysfs_exists(net->use->root, path) ||
	    (master_of(net, own, master) && !strcmp(master, i->name)))
		return 0;
	h = hold(net, GRADE_ASK, i->below);
	if (!h)
		return -ENOMEM;
	SAY(h->who, "interface %s", i->name);
	SAY(h->why, "carries interface %s", i->name);
	SAY(h->cure, "ip link delete %s, if nobody needs it", i->name);
	return 0;
}

/* What leads over them is asked of the kernel once, for all functions (use_network). */
static int remember(const struct net *net)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < net->n; i++) {
		const struct interface *from = &net->item[i];
		struct use_interface to = {.index = from->index, .beside = from->beside};

		SAY(to.name, "%s", from->name);
		SAY(to.own, "%s", net->item[from->below].name);
		r = use_add_interface(net->use, &to, net->err);
	}
	return r;
}

static int count(void *context, const char *name)
{
	(void)name;
	++*(int *)context;
	return 0;
}

/*
 * The folder of a driver's interfaces is there, and shows none of them to us, or fewer
 * than it has: a card with several ports on one function.
 */
static int check_elsewhere(struct net *net)
{
	const struct bdf *bdf = &net->use->device->bdf;
	/* Before they are listed: one that comes meanwhile is none that is missing. */
	int all = sysfs_folders(net->use->root, DEVICE_ATTR(bdf, "net")), n = 0;
	struct holding *h;

	if (all == -ENOENT ||
	    sysfs_each(net->use->root, DEVICE_ATTR(bdf, "net"), SYSFS_FOLDERS, count,
		       &n) < 0 ||
	    (n && all <= n))
		return 0;
	h = use_add(net->use, GRADE_NEVER, net->err);
	if (!h)
		return -ENOMEM;
	SAY(h->what, "%s",
	    n ? "another of its network interfaces" : "its network interface");
	SAY(h->why,
	    "is in another network namespace: a container, or somebody's ip netns, "
	    "has it");
	SAY(h->cure, "stop the container (lsns -t net lists the namespaces), or move it "
		     "back: ip -n NAMESPACE link set INTERFACE netns 1");
	return 0;
}

int use_net(struct use *use, struct err *err)
{
	struct net net = {.use = use, .err = err};
	int r = 0;

	err->code = 0;
	if (!use->netdevs)
		return check_elsewhere(&net);
	for (size_t i = 0; r == 0 && i < use->netdevs; i++)
		r = add(&net, use->netdev[i], net.n);
	net.own = net.n;
	if (r == 0)
		r = add_uppers(&net);
	for (size_t i = 0; r == 0 && i < net.own; i++)
		r = check_master(&net, i);
	for (size_t i = net.own; r == 0 && i < net.n; i++)
		r = check_upper(&net, i);
	if (r == 0)
		r = remember(&net);
	if (r == 0)
		r = check_elsewhere(&net);
	if (r < 0 && !err->code)
		(void)err_set(err, -r,
			      "cannot tell what the network of %s is used for: "
			      "%s",
			      BDF(&use->bdf), strerror(-r));
	return r;
}

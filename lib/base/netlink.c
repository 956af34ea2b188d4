/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/netlink.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <sys/un.h>

/* Its types from its header, its functions when they are needed. */
static struct {
	__typeof__(mnl_nlmsg_put_header) *put_header;
	__typeof__(mnl_nlmsg_put_extra_header) *put_extra_header;
	__typeof__(mnl_attr_put) *attr_put;
	__typeof__(mnl_attr_nest_start) *nest_start;
	__typeof__(mnl_attr_nest_end) *nest_end;
	__typeof__(mnl_attr_parse_payload) *parse_payload;
	__typeof__(mnl_attr_get_type) *get_type;
	__typeof__(mnl_attr_get_payload) *get_payload;
	__typeof__(mnl_attr_get_payload_len) *get_payload_len;
	__typeof__(mnl_nlmsg_get_payload) *message_payload;
	__typeof__(mnl_nlmsg_get_payload_len) *message_payload_len;
	__typeof__(mnl_cb_run) *cb_run;
} mnl;

static bool symbol(void *library, const char *name, void *to)
{
	*(void **)to = dlsym(library, name);
	return *(void **)to;
}

static int load(void)
{
	void *library;

	if (mnl.cb_run)
		return 0;
	library = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);
	return library && symbol(library, "mnl_nlmsg_put_header", &mnl.put_header) &&
			       symbol(library, "mnl_nlmsg_put_extra_header",
				      &mnl.put_extra_header) &&
			       symbol(library, "mnl_attr_put", &mnl.attr_put) &&
			       symbol(library, "mnl_attr_nest_start", &mnl.nest_start) &&
			       symbol(library, "mnl_attr_nest_end", &mnl.nest_end) &&
			       symbol(library, "mnl_attr_parse_payload",
				      &mnl.parse_payload) &&
			       symbol(library, "mnl_attr_get_type", &mnl.get_type) &&
			       symbol(library, "mnl_attr_get_payload",
				      &mnl.get_payload) &&
			       symbol(library, "mnl_attr_get_payload_len",
				      &mnl.get_payload_len) &&
			       symbol(library, "mnl_nlmsg_get_payload",
				      &mnl.message_payload) &&
			       symbol(library, "mnl_nlmsg_get_payload_len",
				      &mnl.message_payload_len) &&
			       symbol(library, "mnl_cb_run", &mnl.cb_run)
		       ? 0
		       : -ELIBACC;
}

/* By the descriptor: nothing in the path can lead out of the root, however long it is. */
static int connect_moved(const struct root *root)
{
	_cleanup_close_ int at = root_openat(root, "/run/netlink", O_PATH, 0), fd = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (at < 0)
		return at;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d",
		       at);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int netlink_open(const struct root *root, struct netlink *ret)
{
	int fd, r;

	if (root->moved)
		fd = connect_moved(root);
	else
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return root->moved ? fd : -errno;
	r = load();
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret = (struct netlink){.fd = fd};
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	cleanup_close(&netlink->fd);
	netlink->fd = -1;
}

void *netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags, size_t size)
{
	netlink->header = mnl.put_header(netlink->request);
	netlink->header->nlmsg_type = type;
	netlink->header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	netlink->header->nlmsg_seq = ++netlink->number;
	return mnl.put_extra_header(netlink->header, size);
}

void netlink_put(struct netlink *netlink, uint16_t type, const void *data, size_t size)
{
	mnl.attr_put(netlink->header, type, size, data);
}

struct nlattr *netlink_nest(struct netlink *netlink, uint16_t type)
{
	return mnl.nest_start(netlink->header, type);
}

void netlink_end(struct netlink *netlink, struct nlattr *nest)
{
	mnl.nest_end(netlink->header, nest);
}

struct answer {
	netlink_each *each;
	void *context;
};

static int take_message(const struct nlmsghdr *message, void *data)
{
	const struct answer *answer = data;

	if (answer->each)
		answer->each(answer->context, message);
	return MNL_CB_OK;
}

static int run_once(struct netlink *netlink, struct answer *answer)
{
	/* A card with 128 virtual functions needs 40 KiB; the largest nest has 64. */
	static _Alignas(struct nlmsghdr) char buf[128 * 1024];
	int more = MNL_CB_OK;

	if (send(netlink->fd, netlink->request, netlink->header->nlmsg_len,
		 MSG_NOSIGNAL) < 0)
		return -errno;
	while (more == MNL_CB_OK) {
		ssize_t n = recv(netlink->fd, buf, sizeof(buf), MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		if ((size_t)n > sizeof(buf))
			return -EMSGSIZE;
		more = mnl.cb_run(buf, (size_t)n, netlink->number, 0, take_message,
				  answer);
	}
	return more < 0 ? -errno : 0;
}

int netlink_run(struct netlink *netlink, netlink_each *each, void *context)
{
	enum { TRIES = 3 };
	struct answer answer = {each, context};
	int r = -EINTR;

	/* EINTR: what is dumped changed meanwhile (NLM_F_DUMP_INTR). */
	for (int i = 0; r == -EINTR && i < TRIES; i++)
		r = run_once(netlink, &answer);
	return r;
}

struct search {
	uint16_t type;
	netlink_each_in *each;
	void *context;
};

static int meet(const struct nlattr *attribute, void *data)
{
	const struct search *s = data;

	if (mnl.get_type(attribute) != s->type)
		return MNL_CB_OK;
	return s->each(s->context, mnl.get_payload(attribute),
		       mnl.get_payload_len(attribute))
		       ? MNL_CB_STOP
		       : MNL_CB_OK;
}

void netlink_for_each(const void *nest, size_t nest_size, uint16_t type,
		      netlink_each_in *each, void *context)
{
	struct search s = {type, each, context};

	(void)mnl.parse_payload(nest, nest_size, meet, &s);
}

struct found {
	const void *payload;
	size_t size;
};

static bool keep(void *context, const void *payload, size_t size)
{
	*(struct found *)context = (struct found){payload, size};
	return true;
}

const void *netlink_find_in(const void *nest, size_t nest_size, uint16_t type,
			    size_t size, size_t *ret_size)
{
	struct found found = {0};

	netlink_for_each(nest, nest_size, type, keep, &found);
	if (!found.payload || found.size < size)
		return NULL;
	if (ret_size)
		*ret_size = found.size;
	return found.payload;
}

const void *netlink_find(const struct nlmsghdr *message, size_t header, uint16_t type,
			 size_t size, size_t *ret_size)
{
	const char *payload = mnl.message_payload(message);
	size_t length = mnl.message_payload_len(message);

	/* Headers are aligned as attributes are. */
	header = NLMSG_ALIGN(header);
	return length < header ? NULL
			       : netlink_find_in(payload + header, length - header, type,
						 size, ret_size);
}

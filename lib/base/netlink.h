/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <linux/netlink.h>
#include <stdint.h>

#include "base/root.h"

/*
 * Requests to rtnetlink, built and read with libmnl, which is loaded when the first is
 * made. The kernel answers under a lock that a driver may keep: ask from a child. A moved
 * root has a socket /run/netlink in the place of the kernel's, or no network.
 */
struct netlink {
	int fd;
	uint32_t number;	 /* of the request */
	struct nlmsghdr *header; /* of the request, in @request */
	_Alignas(struct nlmsghdr) char request[512];
};

/* -ENOENT: a moved root without network; -ELIBACC: libmnl is not installed. */
int netlink_open(const struct root *root, struct netlink *ret) _must_check_;
void netlink_close(struct netlink *netlink);

/* Begins a request with @size zeroed bytes of the family's own header, and returns them.
 * NLM_F_REQUEST is added to @flags. */
void *netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags, size_t size);
void netlink_put(struct netlink *netlink, uint16_t type, const void *data, size_t size);
struct nlattr *netlink_nest(struct netlink *netlink, uint16_t type);
void netlink_end(struct netlink *netlink, struct nlattr *nest);

/*
 * Sends it and calls @each, which may be NULL, with every message of the answer. 0, or
 * what the kernel says to it: -errno.
 */
typedef void netlink_each(void *context, const struct nlmsghdr *message);
int netlink_run(struct netlink *netlink, netlink_each *each, void *context) _must_check_;

/* The family's own header of a message. NLMSG_DATA takes the const away. */
static inline const void *netlink_payload(const struct nlmsghdr *message)
{
	return (const char *)message + NLMSG_HDRLEN;
}

/*
 * The payload of the attribute @type behind @header bytes of a message, or in a nest.
 * NULL: there is none, or it is shorter than @size. *@ret_size, which may be NULL: its
 * size.
 */
const void *netlink_find(const struct nlmsghdr *message, size_t header, uint16_t type,
			 size_t size, size_t *ret_size);
const void *netlink_find_in(const void *nest, size_t nest_size, uint16_t type,
			    size_t size, size_t *ret_size);
/* Calls @each with the payload of every attribute @type in a nest until it says true. */
typedef bool netlink_each_in(void *context, const void *payload, size_t size);
void netlink_for_each(const void *nest, size_t nest_size, uint16_t type,
		      netlink_each_in *each, void *context);

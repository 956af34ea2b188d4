/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/proc.h"

/*
 * A child that does what may block for ever in the kernel, one request at a time, while
 * its parent waits no longer than a deadline. A write to sysfs that is stuck cannot be
 * killed (vfio_unregister_group_dev waits uninterruptibly): such a child is left behind.
 * It holds no descriptor of its parent's but its socket, the root and /sys, takes no
 * lock, and dies with its parent as soon as the kernel lets it.
 */
enum {
	CHILD_PATH = 384,
	CHILD_VALUE = 1024,
	CHILD_BATCH = 3, /* requests that are sent and answered together */
};

struct child_request {
	uint32_t op; /* its meaning belongs to the handler */
	char path[CHILD_PATH];
	char value[CHILD_VALUE];
};

struct child_reply {
	int32_t result; /* 0 or -errno */
	char value[CHILD_VALUE];
};

typedef void child_handler(const struct root *root, const struct child_request *request,
			   struct child_reply *reply);

struct child {
	struct proc_id id; /* pid 0: none */
	int fd;
	unsigned busy;	  /* requests that are out */
	int64_t deadline; /* clock_ms() by which their replies are due */
};

#define CHILD_NONE ((struct child){.fd = -1})

int child_spawn(struct child *ret, const struct root *root, child_handler *handler,
		struct err *err) _must_check_;

/*
 * Sends @n requests (at most CHILD_BATCH), which are handled one after the other, and
 * answered together within @timeout_ms.
 */
int child_send(struct child *child, const struct child_request *request, unsigned n,
	       int timeout_ms) _must_check_;

/*
 * Takes the replies to all that was sent, once poll(2) says @child->fd has something.
 * -EPIPE: the child died.
 */
int child_receive(struct child *child,
		  struct child_reply ret[static CHILD_BATCH]) _must_check_;

/* Sends one request and waits. -ETIMEDOUT: no reply in time; the child is still busy with
 * it. */
int child_call(struct child *child, const struct child_request *request, int timeout_ms,
	       struct child_reply *ret) _must_check_;

/* Asks an idle child to end, without waiting for it. */
void child_dismiss(struct child *child);

/* Ends an idle child and reaps it. A busy one is left behind: nothing can end it. */
void child_end(struct child *child);

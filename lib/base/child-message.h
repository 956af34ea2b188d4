/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

#include "base/child.h"

/*
 * What goes between a child and its parent: of each request its operation, path and
 * value, of each reply its result and value, as far as they are used. Of a message that
 * is anything else nothing is taken.
 */
ssize_t child_send_requests(int fd, const struct child_request *request,
			    unsigned n) _must_check_;
ssize_t child_send_replies(int fd, const struct child_reply *reply,
			   unsigned n) _must_check_;

/* Waits for a message and returns how many there are in it; 0: the other end is closed.
 * -errno; -EBADMSG: something else. */
int child_receive_requests(int fd,
			   struct child_request ret[static CHILD_BATCH]) _must_check_;
int child_receive_replies(int fd,
			  struct child_reply ret[static CHILD_BATCH]) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child-message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct parts {
	struct iovec part[CHILD_BATCH * 3];
	size_t n;
};

static void put(struct parts *parts, const void *data, size_t size)
{
	parts->part[parts->n++] =
		(struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
}

static void put_text(struct parts *parts, const char *text)
{
	put(parts, text, strlen(text) + 1);
}

static ssize_t send_parts(int fd, struct parts *parts)
{
	const struct msghdr message = {.msg_iov = parts->part, .msg_iovlen = parts->n};
	ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

	return n < 0 ? -errno : n;
}

ssize_t child_send_requests(int fd, const struct child_request *request, unsigned n)
{
	struct parts parts = {.n = 0};

	for (unsigned i = 0; i < n; i++) {
		put(&parts, &request[i].op, sizeof(request[i].op));
		put_text(&parts, request[i].path);
		put_text(&parts, request[i].value);
	}
	return send_parts(fd, &parts);
}

ssize_t child_send_replies(int fd, const struct child_reply *reply, unsigned n)
{
	struct parts parts = {.n = 0};

	for (unsigned i = 0; i < n; i++) {
		put(&parts, &reply[i].result, sizeof(reply[i].result));
		put_text(&parts, reply[i].value);
	}
	return send_parts(fd, &parts);
}

struct message {
	char data[CHILD_BATCH * sizeof(struct child_request)];
	size_t size, at;
};

static int receive(int fd, struct message *ret)
{
	ssize_t n;

	do {
		n = recv(fd, ret->data, sizeof(ret->data), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret->size = (size_t)n;
	ret->at = 0;
	return 0;
}

static bool take(struct message *m, void *ret, size_t size)
{
	if (m->size - m->at < size)
		return false;
	memcpy(ret, m->data + m->at, size);
	m->at += size;
	return true;
}

static bool take_text(struct message *m, char *ret, size_t room)
{
	const char *text = m->data + m->at;
	size_t size = strnlen(text, m->size - m->at) + 1;

	return size <= room && take(m, ret, size);
}

int child_receive_requests(int fd, struct child_request ret[static CHILD_BATCH])
{
	struct message m;
	int r = receive(fd, &m), n = 0;

	if (r < 0)
		return r;
	for (; m.at < m.size; n++)
		if (n == CHILD_BATCH || !take(&m, &ret[n].op, sizeof(ret[n].op)) ||
		    !take_text(&m, ret[n].path, sizeof(ret[n].path)) ||
		    !take_text(&m, ret[n].value, sizeof(ret[n].value)))
			return -EBADMSG;
	return n;
}

int child_receive_replies(int fd, struct child_reply ret[static CHILD_BATCH])
{
	struct message m;
	int r = receive(fd, &m), n = 0;

	if (r < 0)
		return r;
	for (; m.at < m.size; n++)
		if (n == CHILD_BATCH ||
		    !take(&m, &ret[n].result, sizeof(ret[n].result)) ||
		    !take_text(&m, ret[n].value, sizeof(ret[n].value)))
			return -EBADMSG;
	return n;
}

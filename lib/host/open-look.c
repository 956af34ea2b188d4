/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/open-look.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/limits.h"
#include "base/number.h"

/*
 * Each device file has room for its own: whatever others have open, none is lost. A line
 * is at most "39 4194304", see pid_max in proc(5).
 */
struct answer {
	char *buf;
	size_t size, at;
	unsigned told[LIMIT_NODES];
};
static_assert(LIMIT_NODES * LIMIT_OPENERS * sizeof("39 4194304") < CHILD_VALUE,
	      "an answer holds all that is told");

/* One number up to @end, which is stepped over. */
static bool take_number(const char **text, char end, uint64_t *ret)
{
	const char *stop = strchr(*text, end);
	char digits[24];

	if (!stop || (size_t)(stop - *text) >= sizeof(digits))
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(stop - *text), *text);
	*text = stop + 1;
	return number_parse(digits, UINT32_MAX, ret) == 0;
}

size_t open_look_line(const struct node *node, char *buf, size_t size, size_t at)
{
	int n = snprintf(buf + at, size - at, "%u %u %s\n", node->major, node->minor,
			 node->path);

	if (n > 0 && (size_t)n < size - at)
		return at + (size_t)n;
	buf[at] = '\0';
	return 0;
}

size_t open_look_parse(const char *text, struct node node[static LIMIT_NODES])
{
	uint64_t major, minor;
	size_t n = 0;

	while (n < LIMIT_NODES && take_number(&text, ' ', &major) &&
	       take_number(&text, ' ', &minor)) {
		int length = (int)strcspn(text, "\n");

		node[n].major = (unsigned)major;
		node[n].minor = (unsigned)minor;
		(void)snprintf(node[n].path, sizeof(node[n].path), "%.*s", length, text);
		text += length;
		text += *text == '\n';
		n++;
	}
	return n;
}

static int found(void *context, size_t index, pid_t pid)
{
	struct answer *a = context;
	int n;

	if (a->told[index]++ >= LIMIT_OPENERS)
		return 0;
	n = snprintf(a->buf + a->at, a->size - a->at, "%zu %d\n", index, (int)pid);
	if (n < 0 || (size_t)n >= a->size - a->at) {
		a->buf[a->at] = '\0';
		return 1;
	}
	a->at += (size_t)n;
	return 0;
}

int open_look(const struct root *root, const char *request, char *buf, size_t size)
{
	struct node node[LIMIT_NODES];
	struct answer a = {.buf = buf, .size = size};

	buf[0] = '\0';
	return opener_each(root, node, open_look_parse(request, node), found, &a);
}

bool open_look_next(const char **text, size_t *ret_node, pid_t *ret_pid)
{
	uint64_t node, pid;

	if (!take_number(text, ' ', &node) || !take_number(text, '\n', &pid))
		return false;
	*ret_node = node;
	*ret_pid = (pid_t)pid;
	return true;
}

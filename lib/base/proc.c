/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/proc.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fileio.h"
#include "base/limits.h"
#include "base/number.h"

/* PF_EXITING (linux/sched.h): set when a process begins to end, before it lets go. */
enum { PROC_FLAG_EXITING = 0x4 };

/* Field @n (3 or more, counted from 1) of a stat line; NULL if there is none. */
static char *stat_field(char *line, unsigned n)
{
	/* The second field is the command in brackets and may hold anything. */
	char *s = strrchr(line, ')'), *save = NULL;

	if (!s)
		return NULL;
	s = strtok_r(s + 1, " ", &save);
	for (unsigned i = 3; s && i < n; i++)
		s = strtok_r(NULL, " ", &save);
	return s;
}

int proc_identify(const struct root *root, pid_t pid, struct proc_id *ret)
{
	_cleanup_free_ char *line = NULL;
	char path[64], *field;
	uint64_t start;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read(root, path, LIMIT_ATTRIBUTE, &line, NULL) < 0)
		return -ESRCH;
	field = strrchr(line, ')');
	if (!field || !strncmp(field, ") Z", 3) || !strncmp(field, ") X", 3))
		return -ESRCH;
	field = stat_field(line, 22);
	if (!field || number_parse(field, UINT64_MAX, &start) < 0)
		return -ESRCH;
	*ret = (struct proc_id){pid, start};
	return 0;
}

uint64_t proc_clock(void)
{
	struct timespec now = {0};
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	/* As the kernel has it: start_boottime, nsec_to_clock_t (fs/proc/array.c). */
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * hz + (uint64_t)now.tv_nsec / (1000000000U / hz);
}

bool proc_alive(const struct root *root, const struct proc_id *id)
{
	struct proc_id now;

	return id->pid > 0 && proc_identify(root, id->pid, &now) == 0 &&
	       now.start == id->start;
}

bool proc_is_going(const struct root *root, pid_t pid)
{
	_cleanup_free_ char *line = NULL;
	char path[64], *field;
	uint64_t flags;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read(root, path, LIMIT_ATTRIBUTE, &line, NULL) < 0)
		return true;
	field = strrchr(line, ')');
	if (!field || !strncmp(field, ") Z", 3) || !strncmp(field, ") X", 3))
		return true;
	field = stat_field(line, 9);
	return field && number_parse(field, UINT32_MAX, &flags) == 0 &&
	       flags & PROC_FLAG_EXITING;
}

/* Is "-id", then @request's value, in the command line that its path names? */
static void has_id(const struct root *root, const struct child_request *request,
		   struct child_reply *reply)
{
	_cleanup_free_ char *line = NULL;
	size_t size, at = 0;
	bool id = false;

	reply->result = file_read(root, request->path, LIMIT_CONFIG, &line, &size);
	if (reply->result < 0)
		return;
	reply->result = -ESRCH;
	while (at < size) {
		if (id && !strcmp(line + at, request->value))
			reply->result = 0;
		id = !strcmp(line + at, "-id");
		at += strlen(line + at) + 1;
	}
}

bool proc_is_vm(const struct root *root, pid_t pid, uint32_t vmid)
{
	struct child_request request = {0};
	struct child_reply reply = {0};
	struct child child;
	struct err err;
	int r;

	(void)snprintf(request.path, sizeof(request.path), "/proc/%d/cmdline", (int)pid);
	(void)snprintf(request.value, sizeof(request.value), "%u", vmid);
	if (!file_exists(root, request.path))
		return false;
	r = child_spawn(&child, root, has_id, &err);
	if (r < 0)
		return true;
	r = child_call(&child, &request, LIMIT_READ_MS, &reply);
	child_end(&child);
	return r < 0 || reply.result == 0;
}

pid_t proc_file_pid(const struct root *root, const char *path)
{
	_cleanup_free_ char *text = NULL;
	uint64_t pid;

	if (file_read(root, path, 64, &text, NULL) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return number_parse(text, INT32_MAX, &pid) < 0 ? 0 : (pid_t)pid;
}

pid_t proc_vm_pid(const struct root *root, uint32_t vmid)
{
	char path[64];
	pid_t pid;

	(void)snprintf(path, sizeof(path), "/run/qemu-server/%u.pid", vmid);
	pid = proc_file_pid(root, path);
	return pid > 0 && proc_is_vm(root, pid, vmid) ? pid : 0;
}

int proc_boot_id(const struct root *root, char ret[static PROC_BOOT_ID])
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = file_read(root, "/proc/sys/kernel/random/boot_id", 64, &text, &size);
	if (r < 0)
		return r;
	if (size < PROC_BOOT_ID - 1)
		return -EBADMSG;
	memcpy(ret, text, PROC_BOOT_ID - 1);
	ret[PROC_BOOT_ID - 1] = '\0';
	return 0;
}

const char *proc_stack(const struct root *root, pid_t pid, char *buf, size_t size)
{
	_cleanup_free_ char *text = NULL;
	char path[64], *save = NULL;
	size_t at = 0;

	buf[0] = '\0';
	(void)snprintf(path, sizeof(path), "/proc/%d/stack", (int)pid);
	if (file_read(root, path, LIMIT_ATTRIBUTE * 4, &text, NULL) < 0)
		return buf;
	/* Lines are "[<0>] function+0x1/0x2". */
	for (char *l = strtok_r(text, "\n", &save); l && at < size;
	     l = strtok_r(NULL, "\n", &save)) {
		char *name = strchr(l, ' ');

		name = name ? name + 1 : l;
		name[strcspn(name, "+")] = '\0';
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? " < " : "",
				       name);
	}
	return buf;
}

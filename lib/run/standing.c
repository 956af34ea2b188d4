/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/standing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/opener.h"
#include "host/device.h"
#include "host/look.h"
#include "host/mdev-user.h"
#include "host/sysfs.h"
#include "run/reservation.h"

struct look {
	const struct session *session;
	char *why; /* STANDING_WORDS */
};

static _printf_(3, 4) enum standing
	say(const struct look *g, enum standing standing, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(g->why, STANDING_WORDS, fmt, ap);
	va_end(ap);
	return standing;
}

/* "yes" if the request's value stands somewhere on the command line that it names. */
static void find_text(const struct root *root, const struct child_request *request,
		      struct child_reply *reply)
{
	_cleanup_free_ char *line = NULL;
	size_t size;

	reply->result = file_read(root, request->path, LIMIT_CONFIG, &line, &size);
	if (reply->result == 0 && !size)
		reply->result = -ESRCH;
	if (reply->result == 0 &&
	    memmem(line, size, request->value, strlen(request->value)))
		(void)strcpy(reply->value, "yes");
}

/*
 * 1 if @text stands on @pid's command line, 0 if not. -ESRCH: it has none, as a process
 * that is just ending; -errno: it cannot be read. In a child: the kernel shows it under
 * the process' mmap_lock, which may be held for ever.
 */
static int command_has(const struct root *root, pid_t pid, const char *text)
{
	struct child_request request = {0};
	struct child_reply reply = {0};
	struct child child = CHILD_NONE;
	struct err err;
	int r;

	(void)snprintf(request.path, sizeof(request.path), "/proc/%d/cmdline", (int)pid);
	(void)snprintf(request.value, sizeof(request.value), "%s", text);
	r = child_spawn(&child, root, find_text, &err);
	if (r < 0)
		return r;
	r = child_call(&child, &request, LIMIT_READ_MS, &reply);
	child_end(&child);
	if (r == 0)
		r = reply.result;
	return r < 0 ? r : reply.value[0] != '\0';
}

/* QEMU by the journal and by Proxmox's pid file. A process that is ending has no command
 * line any more, and its descriptors still. */
static enum standing by_process(const struct look *g)
{
	const struct session *s = g->session;
	struct proc_id qemu;
	char path[64];
	pid_t pid;

	if (session_vm_runs(s, &qemu))
		return say(g, STANDING_RUNS, "runs (pid %d)", (int)qemu.pid);
	(void)snprintf(path, sizeof(path), "/run/qemu-server/%u.pid", s->request->vmid);
	pid = proc_file_pid(s->root, path);
	if (pid <= 0 || proc_identify(s->root, pid, &qemu) < 0 ||
	    command_has(s->root, pid, "") >= 0)
		return STANDING_OVER;
	return say(
		g, STANDING_UNKNOWN,
		"may run: process %d, which %s names, does not show its command line "
		"(it may be ending); if it is not this machine's QEMU, remove the file",
		(int)pid, path);
}

/* Proxmox holds the machine's lock as long as it starts or stops it. */
static enum standing by_lock(const struct look *g)
{
	int r = session_vm_locked(g->session);

	if (r > 0)
		return say(g, STANDING_STARTS, "is being started or stopped by Proxmox");
	return r == 0 || r == -ENOENT
		       ? STANDING_OVER
		       : say(g, STANDING_UNKNOWN,
			     "may be starting: Proxmox's lock cannot be looked at (%s)",
			     strerror(-r));
}

/* Between the two halves of a reboot nobody holds the lock. */
static enum standing by_reboot(const struct look *g)
{
	const struct session *s = g->session;
	_cleanup_close_ int fd = -1;
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/run/qemu-server/%u.reboot",
		       s->request->vmid);
	fd = root_openat(s->root, path, O_PATH, 0);
	/* Asked for long ago, it did not come about. */
	if (fd < 0 || fstat(fd, &st) < 0 || time(NULL) - st.st_mtime > LIMIT_REBOOT_S)
		return STANDING_OVER;
	return say(g, STANDING_STARTS, "is being rebooted by Proxmox");
}

static enum standing by_reservation(const struct look *g)
{
	const struct session *s = g->session;
	struct err err;
	int64_t left;

	if (reservation_start(s->root, s->request->vmid, &left, &err) < 0)
		return say(g, STANDING_UNKNOWN, "may be starting: %.200s", err.msg);
	return left > 0 ? say(g, STANDING_STARTS,
			      "has devices reserved for a start, for another %lld s",
			      (long long)left)
			: STANDING_OVER;
}

/* Without Proxmox nothing else tells of a start; of QEMU, post-start would. */
static enum standing by_age(const struct look *g)
{
	const struct journal *j = g->session->journal;
	int64_t age = clock_boot_s() - j->phase_at;
	bool starts = !strcmp(j->phase, "prepared") ||
		      (!strcmp(j->phase, "running") && !j->qemu.pid);

	if (!starts || !j->phase_at || age >= LIMIT_START_S)
		return STANDING_OVER;
	return say(g, STANDING_STARTS, "was prepared for its start %lld s ago",
		   (long long)age);
}

/* What QEMU is given it by. */
static const char *name_of(const struct hold *hold, char buf[static UUID_TEXT])
{
	(void)snprintf(buf, UUID_TEXT, "%s",
		       uuid_is_set(&hold->mdev) ? hold->mdev.text : BDF(&hold->bdf));
	return buf;
}

/* A start that Proxmox made under its lock, which is free now, has come to its end: what
 * came of it shows, and may have come since the first look. */
static enum standing by_start(const struct look *g)
{
	enum standing standing;

	if (g->session->journal->locked && session_vm_locked(g->session) == 0)
		return by_process(g);
	standing = by_reservation(g);
	return standing == STANDING_OVER ? by_age(g) : standing;
}

/* A domain's name need not be the VMID: what tells is the device on its command line. */
static enum standing by_domain(const struct look *g, const char *name)
{
	const struct session *s = g->session;
	char path[300], text[UUID_TEXT];
	pid_t pid;

	(void)snprintf(path, sizeof(path), "/run/libvirt/qemu/%s", name);
	pid = proc_file_pid(s->root, path);
	for (size_t i = 0; pid > 0 && i < s->journal->holds; i++) {
		const struct journal_hold *h = &s->journal->hold[i];

		if (h->open && command_has(s->root, pid, name_of(&h->hold, text)) > 0)
			return say(g, STANDING_RUNS,
				   "runs: libvirt's %.*s (pid %d) has %s",
				   (int)strcspn(name, "."), name, (int)pid, text);
	}
	return STANDING_OVER;
}

static enum standing by_libvirt(const struct look *g)
{
	enum standing standing = STANDING_OVER;
	struct dirent *e;
	DIR *dir;
	int fd = root_openat(g->session->root, "/run/libvirt/qemu",
			     O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return STANDING_OVER;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return STANDING_OVER;
	}
	while (standing == STANDING_OVER && (e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');

		if (dot && !strcmp(dot, ".pid"))
			standing = by_domain(g, e->d_name);
	}
	closedir(dir);
	return standing;
}

static int note_cdev(void *context, const char *name)
{
	(void)snprintf(context, LIMIT_NAME, "/dev/vfio/devices/%.40s", name);
	return 1;
}

/* The device's own node: a QEMU with an iommufd opens no group. */
static enum standing by_cdev(const struct look *g, const struct bdf *bdf)
{
	const struct root *root = g->session->root;
	char node[LIMIT_NAME] = "", who[96];

	if (sysfs_each(root, DEVICE_ATTR(bdf, "vfio-dev"), SYSFS_FOLDERS, note_cdev,
		       node) != 1)
		return STANDING_OVER;
	(void)opener_first(root, node, who, sizeof(who));
	return who[0] ? say(g, STANDING_RUNS, "uses %s: %s has %s open", BDF(bdf), who,
			    node)
		      : STANDING_OVER;
}

static enum standing by_group(const struct look *g, struct child *child, int group)
{
	struct child_request request;
	struct child_reply reply;
	char node[32], who[96];
	int r;

	(void)snprintf(node, sizeof(node), "/dev/vfio/%d", group);
	look_request(&request, LOOK_GROUP_BUSY, "%s", node);
	r = child_call(child, &request, LIMIT_READ_MS, &reply);
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return say(g, STANDING_UNKNOWN,
			   "may run: whether %s is open cannot be told (%s)", node,
			   strerror(-r));
	if (!reply.value[0])
		return STANDING_OVER;
	(void)opener_first(g->session->root, node, who, sizeof(who));
	return say(g, STANDING_RUNS, "%s: %s has %s open",
		   g->session->request->vmid ? "uses its devices"
					     : "has devices left over that are in use",
		   who[0] ? who : "somebody", node);
}

static enum standing by_mdev(const struct look *g, struct child *child,
			     const struct uuid *uuid)
{
	struct mdev_user user;
	int r = mdev_user_find(g->session->root, child, uuid, &user);

	if (r < 0)
		return say(g, STANDING_UNKNOWN,
			   "may run: whether its mediated device %s is in use cannot be "
			   "told (%s)",
			   uuid->text, strerror(-r));
	if (!user.node[0])
		return STANDING_OVER;
	return say(g, STANDING_RUNS, "%s: %s has %.40s open",
		   g->session->request->vmid
			   ? "uses its mediated device"
			   : "has a mediated device left over that is in use",
		   user.who, user.node);
}

/* The last word: nothing may be taken from under an open descriptor. */
static enum standing by_descriptor(const struct look *g)
{
	const struct journal *j = g->session->journal;
	enum standing standing = STANDING_OVER;
	struct child child = CHILD_NONE;
	struct err err;

	if (child_spawn(&child, g->session->root, look_handle, &err) < 0)
		return say(g, STANDING_UNKNOWN, "cannot be looked at: %.200s", err.msg);
	for (size_t i = 0; standing == STANDING_OVER && i < j->holds; i++) {
		const struct hold *h = &j->hold[i].hold;

		if (!j->hold[i].open)
			continue;
		if (uuid_is_set(&h->mdev)) {
			standing = by_mdev(g, &child, &h->mdev);
			continue;
		}
		if (h->group >= 0)
			standing = by_group(g, &child, h->group);
		if (standing == STANDING_OVER)
			standing = by_cdev(g, &h->bdf);
	}
	child_end(&child);
	return standing;
}

enum standing standing_of(const struct session *session, char why[static STANDING_WORDS])
{
	static enum standing (*const looks[])(const struct look *) = {
		by_process, by_lock, by_reboot, by_start, by_libvirt, by_descriptor,
	};
	const struct look g = {session, why};
	enum standing standing = STANDING_OVER;

	(void)say(&g, STANDING_OVER,
		  session->request->vmid
			  ? "no longer runs"
			  : "has something left over from a run that was cut off");
	for (size_t i = 0; standing == STANDING_OVER && i < ARRAY_SIZE(looks); i++)
		standing = looks[i](&g);
	return standing;
}

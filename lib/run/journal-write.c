/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/lock.h"
#include "base/words.h"
#include "run/journal.h"

static int append(struct journal *j, const char *fmt, ...) _printf_(2, 3);

static int append(struct journal *j, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) - 1)
		return -E2BIG;
	line[n] = '\n';
	n = file_write_once(j->fd, line, (size_t)n + 1);
	/* A short write leaves a torn record behind: cut it off again. */
	if (n < 0)
		(void)!ftruncate(j->fd, (off_t)j->size);
	else
		j->size += strcspn(line, "\n") + 1;
	return n;
}

int journal_header(struct journal *j)
{
	char boot[PROC_BOOT_ID];
	int r = proc_boot_id(j->root, boot);

	if (r < 0)
		return r;
	return append(
		j,
		"{\"journal\":1,\"boot\":\"%s\",\"vmid\":%u,\"program\":\"hostpci %s\"}",
		boot, j->vmid, HOSTPCI_VERSION);
}

void journal_begin_phase(struct journal *journal, const char *phase, int64_t at)
{
	bool used = !strcmp(phase, "prepared") || !strcmp(phase, "running");

	(void)snprintf(journal->phase, sizeof(journal->phase), "%s", phase);
	journal->phase_at = at;
	for (size_t i = 0; used && i < journal->holds; i++)
		journal->hold[i].fresh = false;
}

static int append_phase(struct journal *j, const char *phase, int64_t at)
{
	return append(j, "{\"phase\":\"%s\",\"at\":%lld%s}", phase, (long long)at,
		      j->locked ? ",\"locked\":true" : "");
}

int journal_phase(struct journal *journal, const char *phase)
{
	int64_t at = clock_boot_s();
	int r = append_phase(journal, phase, at);

	if (r == 0)
		journal_begin_phase(journal, phase, at);
	return r;
}

/* The member that tells a mediated device from its parent. */
enum { MDEV_MEMBER = UUID_TEXT + 16 };
#define MDEV(uuid) mdev_member((uuid), (char[MDEV_MEMBER]){0})
static const char *mdev_member(const struct uuid *uuid, char buf[static MDEV_MEMBER])
{
	if (uuid_is_set(uuid))
		(void)snprintf(buf, MDEV_MEMBER, ",\"mdev\":\"%s\"", uuid->text);
	return buf;
}

static int append_hold(struct journal *j, const struct hold *h, bool used)
{
	char after[40] = "", of[32] = "";

	if (h->is_vf)
		(void)snprintf(of, sizeof(of), ",\"vf_of\":\"%s\"", BDF(&h->vf_of));
	if (h->return_after)
		(void)snprintf(after, sizeof(after), ",\"return_after\":%d",
			       h->return_after);
	return append(j,
		      "{\"hold\":\"%s\",\"slot\":%d,\"group\":%d,\"return\":\"%s\","
		      "\"storage\":%s,\"used\":%s%s%s%s%s%s}",
		      BDF(&h->bdf), h->slot, h->group,
		      words_name(wish_return_words, _WISH_RETURN_MAX, h->return_to),
		      h->storage ? "true" : "false", used ? "true" : "false", after, of,
		      MDEV(&h->mdev), h->shared ? ",\"shared\":true" : "",
		      h->changing ? ",\"changing\":true" : "");
}

int journal_take(struct journal *journal, const struct hold *hold)
{
	struct journal_hold *old = journal_find(journal, hold), *grown;
	struct journal_hold now = {.hold = *hold, .open = true, .taken = true};
	/* What Proxmox was found to have taken, after the start, is in the guest. */
	bool used = strcmp(journal->phase, "pre-start") != 0 ||
		    (old && old->open && !old->fresh);
	int r;

	now.fresh = !used;
	now.mine = !old || !old->open || old->mine;
	if (old && old->open)
		memcpy(now.was, old->parked[0] ? old->parked : old->was, sizeof(now.was));
	if (!old && journal->holds == LIMIT_DEVICES)
		return -E2BIG;
	grown = old ? journal->hold
		    : realloc(journal->hold, (journal->holds + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	journal->hold = grown;
	r = append_hold(journal, hold, used);
	if (r < 0)
		return r;
	if (!old)
		old = &grown[journal->holds++];
	else
		old = journal_find(journal, hold);
	*old = now;
	return 0;
}

static int append_intent(struct journal *j, const struct step *s)
{
	return append(j,
		      "{\"intent\":%u,\"kind\":\"%s\",\"device\":\"%s\",\"slot\":%d,"
		      "\"group\":%d,"
		      "\"stage\":%u,\"lane\":%d,\"found\":\"%s\",\"want\":\"%s\","
		      "\"deadline\":%d%s}",
		      s->id, step_ops(s)->name, BDF(&s->bdf), s->slot, s->group, s->stage,
		      s->lane, s->found, s->want, s->deadline_ms, MDEV(&s->mdev));
}

int journal_intent(struct journal *journal, struct step *step)
{
	int r = journal_reserve(journal, 1);

	if (r < 0)
		return r;
	step->id = journal->next_id;
	r = append_intent(journal, step);
	if (r < 0) {
		step->id = 0;
		return r;
	}
	journal->next_id++;
	journal->step[journal->steps++] = (struct journal_step){
		.step = *step, .state = JOURNAL_INTENT, .begun = true};
	return 0;
}

int journal_mark(struct journal *journal, const char *what, uint32_t id)
{
	int r = append(journal, "{\"%s\":%u}", what, id);

	for (size_t i = 0; i < journal->steps; i++)
		if (journal->step[i].step.id == id && (r == 0 || !strcmp(what, "undone")))
			journal_mark_step(&journal->step[i], what);
	return r;
}

int journal_child(struct journal *journal, const struct proc_id *child)
{
	return append(journal, "{\"child\":%d,\"start\":%llu}", (int)child->pid,
		      (unsigned long long)child->start);
}

static int append_park(struct journal *j, const struct hold *hold, const char *why,
		       int64_t at)
{
	return append(j, "{\"park\":\"%s\",\"why\":\"%s\",\"at\":%lld%s}",
		      BDF(&hold->bdf), why, (long long)at, MDEV(&hold->mdev));
}

int journal_park(struct journal *journal, const struct hold *hold, const char *why)
{
	struct journal_hold *own = journal_find(journal, hold);
	int64_t at = clock_boot_s();
	int r = own ? append_park(journal, hold, why, at) : -ENOENT;

	if (r < 0)
		return r;
	(void)snprintf(own->parked, sizeof(own->parked), "%s", why);
	own->parked_at = at;
	return 0;
}

int journal_close(struct journal *journal, const struct hold *hold)
{
	struct journal_hold *own = journal_find(journal, hold);

	if (!own)
		return -ENOENT;
	journal_end_hold(journal, own);
	return append(journal, "{\"close\":\"%s\"%s}", BDF(&hold->bdf),
		      MDEV(&hold->mdev));
}

static int append_qemu(struct journal *j, const struct proc_id *qemu)
{
	return append(j, "{\"qemu\":%d,\"start\":%llu}", (int)qemu->pid,
		      (unsigned long long)qemu->start);
}

int journal_qemu(struct journal *journal, const struct proc_id *qemu)
{
	int r = append_qemu(journal, qemu);

	if (r == 0)
		journal->qemu = *qemu;
	return r;
}

/* What journal_compact writes before it takes the place of the file. */
static void fresh_name(const char *name, char buf[static JOURNAL_NAME + 5])
{
	(void)snprintf(buf, JOURNAL_NAME + 5, ".%s.new", name);
}

int journal_end(struct journal *journal)
{
	char name[JOURNAL_NAME], fresh[JOURNAL_NAME + 5];

	if (journal_has_open(journal))
		return 0;
	journal_file_name(journal->vmid, journal->scope, name);
	fresh_name(name, fresh);
	/* Somebody may have been killed while compacting; the lock says it is over. */
	(void)!file_remove(journal->root, JOURNAL_FOLDER, fresh);
	return file_remove(journal->root, JOURNAL_FOLDER, name);
}

static bool step_is_open(struct journal *j, const struct journal_step *s)
{
	const struct hold about = {.bdf = s->step.bdf, .mdev = s->step.mdev};
	const struct journal_hold *hold = journal_find(j, &about);

	return journal_alive(s) && hold && hold->open && step_undoes(&s->step);
}

static int write_open(struct journal *j)
{
	int r = journal_header(j);

	if (r == 0 && j->phase[0])
		r = append_phase(j, j->phase, j->phase_at);
	if (r == 0 && j->qemu.pid)
		r = append_qemu(j, &j->qemu);
	for (size_t i = 0; r == 0 && i < j->holds; i++) {
		const struct journal_hold *h = &j->hold[i];

		if (!h->open)
			continue;
		r = append_hold(j, &h->hold, !h->fresh);
		if (r == 0 && h->parked[0])
			r = append_park(j, &h->hold, h->parked, h->parked_at);
	}
	for (size_t i = 0; r == 0 && i < j->steps; i++) {
		if (!step_is_open(j, &j->step[i]))
			continue;
		r = append_intent(j, &j->step[i].step);
		if (r == 0 && j->step[i].state == JOURNAL_DONE)
			r = append(j, "{\"done\":%u}", j->step[i].step.id);
	}
	return r;
}

int journal_compact(struct journal *journal)
{
	_cleanup_close_ int dir =
		root_openat(journal->root, JOURNAL_FOLDER, O_PATH | O_DIRECTORY, 0);
	char name[JOURNAL_NAME], fresh[JOURNAL_NAME + 5];
	size_t old_size = journal->size;
	int old_fd = journal->fd, r;

	if (dir < 0)
		return dir;
	journal_file_name(journal->vmid, journal->scope, name);
	fresh_name(name, fresh);
	(void)unlinkat(dir, fresh, 0);
	journal->fd = openat(dir, fresh, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC,
			     0600);
	r = journal->fd < 0 ? -errno : lock_take(journal->fd, 0);
	journal->size = 0;
	if (r == 0)
		r = write_open(journal);
	if (r == 0 && renameat(dir, fresh, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir, fresh, 0);
		cleanup_close(&journal->fd);
		journal->fd = old_fd;
		journal->size = old_size;
		return r;
	}
	close(old_fd);
	return 0;
}

int journal_tidy(struct journal *journal)
{
	bool full =
		journal->size > LIMIT_JOURNAL_COMPACT || journal->steps > LIMIT_STEPS / 4;

	return full ? journal_compact(journal) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/words.h"

static void file_name(uint32_t vmid, char buf[static JOURNAL_NAME])
{
	(void)snprintf(buf, JOURNAL_NAME, "%u.journal", vmid);
}

static struct journal *journal_new(const struct root *root, uint32_t vmid)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j)
		*j = (struct journal){.root = root, .vmid = vmid, .fd = -1, .next_id = 1};
	return j;
}

struct journal *journal_free(struct journal *journal)
{
	if (journal) {
		cleanup_close(&journal->fd);
		free(journal->step);
		free(journal->hold);
		free(journal->child);
		free(journal);
	}
	return NULL;
}

static int load(struct journal *j, int fd, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[sizeof(JOURNAL_FOLDER) + JOURNAL_NAME], name[JOURNAL_NAME];
	size_t size;
	int r;

	file_name(j->vmid, name);
	(void)snprintf(path, sizeof(path), "%s/%s", JOURNAL_FOLDER, name);
	r = file_read_fd(fd, LIMIT_JOURNAL, &text, &size);
	if (r < 0)
		return err_at(err, -r, path, 0, "%s", strerror(-r));
	return journal_parse(j, text, size, path, err);
}

int journal_read(const struct root *root, uint32_t vmid, struct journal **ret,
		 struct err *err)
{
	_cleanup_(journal_freep) struct journal *j = journal_new(root, vmid);
	char path[sizeof(JOURNAL_FOLDER) + JOURNAL_NAME], name[JOURNAL_NAME];
	_cleanup_close_ int fd = -1;
	int r;

	if (!j)
		return err_set(err, ENOMEM, "out of memory");
	file_name(vmid, name);
	(void)snprintf(path, sizeof(path), "%s/%s", JOURNAL_FOLDER, name);
	fd = root_openat(root, path, O_RDONLY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd == -ENOENT ? fd
				     : err_at(err, -fd, path, 0, "%s", strerror(-fd));
	r = load(j, fd, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(j);
	return 0;
}

/* Who waited for the lock of a file that was removed meanwhile has locked nothing. */
static bool still_there(int dir, const char *name, int fd)
{
	struct stat mine, theirs;

	return fstat(fd, &mine) == 0 &&
	       fstatat(dir, name, &theirs, AT_SYMLINK_NOFOLLOW) == 0 &&
	       mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev;
}

static int open_locked(const struct root *root, const char *name, bool create, int *ret)
{
	_cleanup_close_ int dir =
		root_openat(root, JOURNAL_FOLDER, O_PATH | O_DIRECTORY, 0);

	if (dir < 0)
		return dir;
	for (;;) {
		_cleanup_close_ int fd =
			openat(dir, name,
			       O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC |
				       (create ? O_CREAT : 0),
			       0600);
		int r;

		if (fd < 0)
			return -errno;
		r = lock_take(fd, 0);
		if (r < 0)
			return r;
		if (still_there(dir, name, fd)) {
			*ret = TAKE_FD(fd);
			return 0;
		}
	}
}

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

static int write_header(struct journal *j)
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

int journal_open(const struct root *root, uint32_t vmid, bool create,
		 struct journal **ret, struct err *err)
{
	_cleanup_(journal_freep) struct journal *j = journal_new(root, vmid);
	char name[JOURNAL_NAME];
	int r;

	if (!j)
		return err_set(err, ENOMEM, "out of memory");
	file_name(vmid, name);
	r = open_locked(root, name, create, &j->fd);
	if (r == -ENOENT || r == -EBUSY)
		return r;
	if (r < 0)
		return err_set(err, -r, "%s/%s: %s", JOURNAL_FOLDER, name, strerror(-r));
	r = load(j, j->fd, err);
	if (r < 0)
		return r;
	if (j->other_boot) { /* devices do not remember: nothing of it is left to undo */
		int fd = TAKE_FD(j->fd);

		journal_free(j);
		j = journal_new(root, vmid);
		if (!j)
			return err_set(err, ENOMEM, "out of memory");
		j->fd = fd;
	}
	if (ftruncate(j->fd, (off_t)j->size) < 0) /* a torn last record */
		r = -errno;
	if (r == 0 && j->size == 0)
		r = write_header(j);
	if (r < 0)
		return err_set(err, -r, "%s/%s: %s", JOURNAL_FOLDER, name, strerror(-r));
	*ret = TAKE_PTR(j);
	return 0;
}

bool journal_is_locked(const struct root *root, uint32_t vmid)
{
	char path[64];
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%u.journal", JOURNAL_FOLDER, vmid);
	fd = root_openat(root, path, O_RDWR | O_NOFOLLOW, 0);
	return fd >= 0 && lock_take(fd, 0) == -EBUSY;
}

struct journal_hold *journal_find(struct journal *journal, const struct bdf *bdf)
{
	for (size_t i = 0; i < journal->holds; i++)
		if (bdf_equal(&journal->hold[i].hold.bdf, bdf))
			return &journal->hold[i];
	return NULL;
}

bool journal_has_open(const struct journal *journal)
{
	for (size_t i = 0; i < journal->holds; i++)
		if (journal->hold[i].open)
			return true;
	return false;
}

int journal_reserve(struct journal *journal, size_t n)
{
	/* In blocks: replaying a journal reserves step by step. */
	size_t room = (journal->steps + n + 63) / 64 * 64;
	struct journal_step *grown;

	if (journal->steps + n > LIMIT_STEPS)
		return -E2BIG;
	grown = realloc(journal->step, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	journal->step = grown;
	return 0;
}

int journal_phase(struct journal *journal, const char *phase)
{
	int r = append(journal, "{\"phase\":\"%s\"}", phase);

	if (r == 0)
		(void)snprintf(journal->phase, sizeof(journal->phase), "%s", phase);
	return r;
}

static int append_hold(struct journal *j, const struct hold *h)
{
	return append(j,
		      "{\"hold\":\"%s\",\"slot\":%d,\"group\":%d,\"return\":\"%s\","
		      "\"storage\":%s}",
		      BDF(&h->bdf), h->slot, h->group,
		      words_name(wish_return_words, _WISH_RETURN_MAX, h->return_to),
		      h->storage ? "true" : "false");
}

int journal_take(struct journal *journal, const struct hold *hold)
{
	struct journal_hold *old = journal_find(journal, &hold->bdf), *grown;
	int r;

	if (!old && journal->holds == LIMIT_DEVICES)
		return -E2BIG;
	grown = old ? journal->hold
		    : realloc(journal->hold, (journal->holds + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	journal->hold = grown;
	r = append_hold(journal, hold);
	if (r < 0)
		return r;
	if (!old)
		old = &grown[journal->holds++];
	else
		old = journal_find(journal, &hold->bdf);
	*old = (struct journal_hold){.hold = *hold, .open = true};
	return 0;
}

static int append_intent(struct journal *j, const struct step *s)
{
	return append(j,
		      "{\"intent\":%u,\"kind\":\"%s\",\"device\":\"%s\",\"slot\":%d,"
		      "\"group\":%d,"
		      "\"stage\":%u,\"lane\":%d,\"found\":\"%s\",\"want\":\"%s\","
		      "\"deadline\":%d}",
		      s->id, step_ops(s)->name, BDF(&s->bdf), s->slot, s->group, s->stage,
		      s->lane, s->found, s->want, s->deadline_ms);
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
	journal->step[journal->steps++] =
		(struct journal_step){.step = *step, .state = JOURNAL_INTENT};
	return 0;
}

int journal_mark(struct journal *journal, const char *what, uint32_t id)
{
	int r = append(journal, "{\"%s\":%u}", what, id);

	for (size_t i = 0; i < journal->steps; i++)
		if (journal->step[i].step.id == id && (r == 0 || !strcmp(what, "undone")))
			journal->step[i].state = !strcmp(what, "done") ? JOURNAL_DONE
						 : !strcmp(what, "undone")
							 ? JOURNAL_UNDONE
							 : JOURNAL_INTENT;
	return r;
}

int journal_child(struct journal *journal, const struct proc_id *child)
{
	return append(journal, "{\"child\":%d,\"start\":%llu}", (int)child->pid,
		      (unsigned long long)child->start);
}

static int mark_hold(struct journal *j, const struct bdf *bdf, const char *what,
		     const char *why)
{
	struct journal_hold *hold = journal_find(j, bdf);
	int r;

	if (!hold)
		return -ENOENT;
	r = why ? append(j, "{\"%s\":\"%s\",\"why\":\"%s\"}", what, BDF(bdf), why)
		: append(j, "{\"%s\":\"%s\"}", what, BDF(bdf));
	if (!strcmp(what, "close"))
		hold->open = false;
	else if (r == 0)
		(void)snprintf(hold->parked, sizeof(hold->parked), "%s", why);
	return r;
}

int journal_park(struct journal *journal, const struct bdf *bdf, const char *why)
{
	return mark_hold(journal, bdf, "park", why);
}

int journal_close(struct journal *journal, const struct bdf *bdf)
{
	return mark_hold(journal, bdf, "close", NULL);
}

int journal_qemu(struct journal *journal, const struct proc_id *qemu)
{
	int r = append(journal, "{\"qemu\":%d,\"start\":%llu}", (int)qemu->pid,
		       (unsigned long long)qemu->start);

	if (r == 0)
		journal->qemu = *qemu;
	return r;
}

void journal_rewind(struct journal *journal, size_t size)
{
	if (ftruncate(journal->fd, (off_t)size) == 0)
		journal->size = size;
}

int journal_end(struct journal *journal)
{
	char name[JOURNAL_NAME];

	if (journal_has_open(journal))
		return 0;
	file_name(journal->vmid, name);
	return file_remove(journal->root, JOURNAL_FOLDER, name);
}

static bool step_is_open(struct journal *j, const struct journal_step *s)
{
	const struct journal_hold *hold = journal_find(j, &s->step.bdf);

	return journal_alive(s) && hold && hold->open && step_undoes(&s->step);
}

static int write_open(struct journal *j)
{
	int r = write_header(j);

	for (size_t i = 0; r == 0 && i < j->holds; i++) {
		const struct journal_hold *h = &j->hold[i];

		if (!h->open)
			continue;
		r = append_hold(j, &h->hold);
		if (r == 0 && h->parked[0])
			r = append(j, "{\"park\":\"%s\",\"why\":\"%s\"}",
				   BDF(&h->hold.bdf), h->parked);
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
	char name[JOURNAL_NAME], fresh[JOURNAL_NAME + 8];
	size_t old_size = journal->size;
	int old_fd = journal->fd, r;

	if (dir < 0)
		return dir;
	file_name(journal->vmid, name);
	(void)snprintf(fresh, sizeof(fresh), ".%s.new", name);
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

static int by_vmid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int journal_each(const struct root *root, journal_entry *each, void *context)
{
	int fd = root_openat(root, JOURNAL_FOLDER, O_RDONLY | O_DIRECTORY, 0), r = 0;
	_cleanup_free_ uint32_t *found = NULL;
	size_t n = 0;
	struct dirent *e;
	DIR *dir;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (e = readdir(dir))) {
		char *dot = strchr(e->d_name, '.');
		uint32_t vmid, *grown;

		if (!dot || strcmp(dot, ".journal") != 0)
			continue;
		*dot = '\0';
		if (vmid_parse(e->d_name, &vmid) < 0)
			continue;
		grown = realloc(found, (n + 1) * sizeof(*found));
		if (!grown) {
			r = -ENOMEM;
			break;
		}
		found = grown;
		found[n++] = vmid;
	}
	closedir(dir);
	if (n)
		qsort(found, n, sizeof(*found), by_vmid);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = each(context, found[i]);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/words.h"

void journal_file_name(uint32_t vmid, enum scope scope, char buf[static JOURNAL_NAME])
{
	char owner[VMID_TEXT] = "host";

	if (vmid)
		(void)snprintf(owner, sizeof(owner), "%u", vmid);
	(void)snprintf(buf, JOURNAL_NAME, "%s%s%s.journal", owner, scope ? "." : "",
		       scope_words[scope]);
}

enum { JOURNAL_PATH = sizeof(JOURNAL_FOLDER) + JOURNAL_NAME };

static const char *file_path(uint32_t vmid, enum scope scope,
			     char buf[static JOURNAL_PATH])
{
	char name[JOURNAL_NAME];

	journal_file_name(vmid, scope, name);
	(void)snprintf(buf, JOURNAL_PATH, "%s/%s", JOURNAL_FOLDER, name);
	return buf;
}

bool journal_exists(const struct root *root, uint32_t vmid, enum scope scope)
{
	char path[JOURNAL_PATH];

	return file_exists(root, file_path(vmid, scope, path));
}

static struct journal *journal_new(const struct root *root, uint32_t vmid,
				   enum scope scope)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j)
		*j = (struct journal){.root = root,
				      .vmid = vmid,
				      .scope = scope,
				      .fd = -1,
				      .next_id = 1};
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
	char path[JOURNAL_PATH];
	size_t size;
	int r;

	(void)file_path(j->vmid, j->scope, path);
	r = file_read_fd(fd, LIMIT_JOURNAL, &text, &size);
	if (r < 0)
		return err_at(err, -r, path, 0, "%s", strerror(-r));
	return journal_parse(j, text, size, path, err);
}

int journal_read(const struct root *root, uint32_t vmid, enum scope scope,
		 struct journal **ret, struct err *err)
{
	_cleanup_(journal_freep) struct journal *j = journal_new(root, vmid, scope);
	char path[JOURNAL_PATH];
	_cleanup_close_ int fd = -1;
	int r;

	if (!j)
		return err_set(err, ENOMEM, "out of memory");
	fd = root_openat(root, file_path(vmid, scope, path), O_RDONLY | O_NOFOLLOW, 0);
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

int journal_open(const struct root *root, uint32_t vmid, enum scope scope, bool create,
		 struct journal **ret, struct err *err)
{
	_cleanup_(journal_freep) struct journal *j = journal_new(root, vmid, scope);
	char name[JOURNAL_NAME];
	int r;

	if (!j)
		return err_set(err, ENOMEM, "out of memory");
	journal_file_name(vmid, scope, name);
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
		j = journal_new(root, vmid, scope);
		if (!j)
			return err_set(err, ENOMEM, "out of memory");
		j->fd = fd;
		j->anew = true;
	}
	if (ftruncate(j->fd, (off_t)j->size) < 0) /* a torn last record */
		r = -errno;
	if (r == 0 && j->size == 0)
		r = journal_header(j);
	if (r < 0)
		return err_set(err, -r, "%s/%s: %s", JOURNAL_FOLDER, name, strerror(-r));
	*ret = TAKE_PTR(j);
	return 0;
}

bool journal_is_locked(const struct root *root, uint32_t vmid, enum scope scope)
{
	char path[JOURNAL_PATH];
	_cleanup_close_ int fd =
		root_openat(root, file_path(vmid, scope, path), O_RDWR | O_NOFOLLOW, 0);

	return fd >= 0 && lock_take(fd, 0) == -EBUSY;
}

struct journal_hold *journal_find(struct journal *journal, const struct hold *hold)
{
	for (size_t i = 0; i < journal->holds; i++)
		if (hold_equal(&journal->hold[i].hold, hold))
			return &journal->hold[i];
	return NULL;
}

void journal_end_hold(struct journal *journal, struct journal_hold *own)
{
	own->open = false;
	for (size_t i = 0; i < journal->steps; i++)
		if (hold_has(&own->hold, &journal->step[i].step))
			journal->step[i].state = JOURNAL_UNDONE;
}

void journal_mark_step(struct journal_step *step, const char *what)
{
	step->state = !strcmp(what, "done")	? JOURNAL_DONE
		      : !strcmp(what, "undone") ? JOURNAL_UNDONE
						: JOURNAL_INTENT;
	step->begun = !strcmp(what, "undo");
	step->undoing |= step->begun;
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

void journal_rewind(struct journal *journal, size_t size)
{
	if (ftruncate(journal->fd, (off_t)size) == 0)
		journal->size = size;
}

/* Every quoted name of a device: a record that is damaged may still have it whole. */
static size_t devices_of(const char *text, struct hold *ret, size_t max)
{
	char word[UUID_TEXT];
	size_t n = 0;

	for (const char *s = strchr(text, '"'); s && n < max; s = strchr(s + 1, '"')) {
		size_t length = strcspn(s + 1, "\"\n");

		if (length >= sizeof(word))
			continue;
		memcpy(word, s + 1, length);
		word[length] = '\0';
		ret[n] = (struct hold){0};
		n += bdf_parse(word, &ret[n].bdf) == 0 ||
		     uuid_parse(word, &ret[n].mdev) == 0;
	}
	return n;
}

size_t journal_salvage(const struct root *root, uint32_t vmid, enum scope scope,
		       struct hold *ret, size_t max)
{
	_cleanup_free_ char *text = NULL;
	char path[JOURNAL_PATH];
	size_t size;

	if (file_read(root, file_path(vmid, scope, path), LIMIT_JOURNAL, &text, &size) <
	    0)
		return 0;
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = ' ';
	return devices_of(text, ret, max);
}

/* A journal that is there. */
struct entry {
	uint32_t vmid;
	enum scope scope;
};

static int by_vmid(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->vmid != y->vmid)
		return x->vmid < y->vmid ? -1 : 1;
	return (int)x->scope - (int)y->scope;
}

/* "100.journal", "100.mdev.journal" for the @suffix ".journal"; cuts @name. */
static bool parse_name(char *name, const char *suffix, struct entry *ret)
{
	size_t size = strlen(name), cut = strlen(suffix);
	int scope = SCOPE_ALL;
	char *dot;

	if (size <= cut || strcmp(name + size - cut, suffix) != 0)
		return false;
	name[size - cut] = '\0';
	dot = strchr(name, '.');
	if (dot) {
		*dot = '\0';
		scope = words_find(scope_words, _SCOPE_MAX, dot + 1);
		if (scope <= SCOPE_ALL)
			return false;
	}
	ret->scope = (enum scope)scope;
	ret->vmid = 0;
	return (!strcmp(name, "host") && scope) || vmid_parse(name, &ret->vmid) == 0;
}

static int list(DIR *dir, const char *suffix, struct entry **ret, size_t *ret_n)
{
	_cleanup_free_ struct entry *found = NULL;
	struct dirent *e;
	size_t n = 0;

	while ((e = readdir(dir))) {
		struct entry entry, *grown;

		if (!parse_name(e->d_name, suffix, &entry))
			continue;
		grown = realloc(found, (n + 1) * sizeof(*found));
		if (!grown)
			return -ENOMEM;
		found = grown;
		found[n++] = entry;
	}
	if (n)
		qsort(found, n, sizeof(*found), by_vmid);
	*ret = TAKE_PTR(found);
	*ret_n = n;
	return 0;
}

static int each_named(const struct root *root, const char *suffix, journal_entry *each,
		      void *context)
{
	int fd = root_openat(root, JOURNAL_FOLDER, O_RDONLY | O_DIRECTORY, 0), r;
	_cleanup_free_ struct entry *found = NULL;
	size_t n = 0;
	DIR *dir;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	r = list(dir, suffix, &found, &n);
	closedir(dir);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = each(context, found[i].vmid, found[i].scope);
	return r;
}

int journal_each(const struct root *root, journal_entry *each, void *context)
{
	return each_named(root, ".journal", each, context);
}

int journal_each_report(const struct root *root, journal_entry *each, void *context)
{
	return each_named(root, ".report.json", each, context);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/reservation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/fileio.h"
#include "base/lock.h"
#include "base/number.h"
#include "base/proc.h"

#define FOLDER "/run/qemu-server"
#define NAME   "pci-id-reservations"
#define PATH   FOLDER "/" NAME

enum {
	LOCK_MS = 5000,	  /* as Proxmox waits */
	NUMBER_TEXT = 24, /* a number as it is written */
	GRACE_S = 5	  /* what Proxmox adds to a timeout */
};

/* One line. The numbers stay as they are written. */
struct entry {
	char name[BDF_TEXT];
	char vmid[NUMBER_TEXT];
	char value[NUMBER_TEXT];
	bool pid; /* value is a pid, else a time */
};

struct table {
	struct entry *item; /* owned; by name */
	size_t n;
};

static void table_free(struct table *table)
{
	free(table->item);
}

static uint64_t number(const char *text)
{
	uint64_t value = 0;

	return number_parse(text, UINT64_MAX, &value) < 0 ? UINT64_MAX : value;
}

static uint64_t now(void)
{
	return (uint64_t)time(NULL);
}

bool reservation_exists(const struct root *root)
{
	return file_exists(root, FOLDER);
}

bool reservation_is_torn(const struct root *root)
{
	/* The name is file_replace's. */
	return file_exists(root, FOLDER "/." NAME ".new");
}

static size_t hex(const char *s)
{
	return strspn(s, "0123456789abcdef");
}

/* Length of (DDDD+:)?BB:SS(.F)?, 0: something else. */
static size_t address_span(const char *s)
{
	size_t n = hex(s), at = 0;

	if (n >= 4 && s[n] == ':')
		at = n + 1;
	if (hex(s + at) != 2 || s[at + 2] != ':' || hex(s + at + 3) != 2)
		return 0;
	at += 5;
	if (s[at] == '.' && hex(s + at + 1) >= 1)
		at += 2;
	return at;
}

static bool copy_part(char *to, size_t size, const char **s, size_t n)
{
	if (!n || n >= size)
		return false;
	memcpy(to, *s, n);
	to[n] = '\0';
	*s += n;
	return true;
}

static bool skip_blank(const char **s)
{
	return **s && strchr(" \t\v\f\r", **s) && (*s)++;
}

/* False: a line that Proxmox does not know, and drops when it next writes. */
static bool parse_line(const char *s, struct entry *ret)
{
	static const char digits[] = "0123456789";

	if (!copy_part(ret->name, sizeof(ret->name), &s, address_span(s)) ||
	    !skip_blank(&s) ||
	    !copy_part(ret->vmid, sizeof(ret->vmid), &s, strspn(s, digits)) ||
	    !skip_blank(&s))
		return false;
	ret->pid = !strncmp(s, "pid:", 4);
	if (!ret->pid && strncmp(s, "time:", 5) != 0)
		return false;
	s += ret->pid ? 4 : 5;
	return copy_part(ret->value, sizeof(ret->value), &s, strspn(s, digits)) && !*s;
}

static struct entry *find(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (!strcmp(table->item[i].name, name))
			return &table->item[i];
	return NULL;
}

/* Puts @entry in its place; a later line of a device replaces an earlier one. */
static int put(struct table *table, const struct entry *entry)
{
	struct entry *old = find(table, entry->name), *grown;
	size_t at = 0;

	if (old) {
		*old = *entry;
		return 0;
	}
	grown = realloc(table->item, (table->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	table->item = grown;
	while (at < table->n && strcmp(grown[at].name, entry->name) < 0)
		at++;
	memmove(&grown[at + 1], &grown[at], (table->n - at) * sizeof(*grown));
	grown[at] = *entry;
	table->n++;
	return 0;
}

static int load(const struct root *root, struct table *table, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct entry entry;
	char *rest, *line;
	int r = file_read(root, PATH, LIMIT_CONFIG, &text, NULL);

	if (r == -ENOENT)
		return 0;
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")))
		if (parse_line(line, &entry))
			r = put(table, &entry);
	return r < 0 ? err_set(err, -r, PATH ": %s", strerror(-r)) : 0;
}

static int save(const struct root *root, const struct table *table, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < table->n; i++)
		(void)fprintf(out, "%s %s %s:%s\n", table->item[i].name,
			      table->item[i].vmid, table->item[i].pid ? "pid" : "time",
			      table->item[i].value);
	r = fclose(out) ? -ENOMEM : file_replace(root, FOLDER, NAME, text, size);
	return r < 0 ? err_set(err, -r, PATH ": %s", strerror(-r)) : 0;
}

static int take_lock(const struct root *root, struct err *err)
{
	_cleanup_close_ int fd = root_openat(
		root, PATH ".lock", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0644);
	int r = fd < 0 ? fd : lock_take(fd, LOCK_MS);

	if (r == -EBUSY)
		return err_set(err, ETIMEDOUT,
			       PATH
			       ".lock is held by another process for %d s: try again",
			       LOCK_MS / 1000);
	return r < 0 ? err_set(err, -r, PATH ".lock: %s", strerror(-r)) : TAKE_FD(fd);
}

/* A request on its way through the devices. */
struct taking {
	const struct root *root;
	const struct reservation *who;
	struct table table;
	struct notes *notes;
	uint64_t now;
	int64_t timeout; /* grows to that of what is reserved already */
};

static bool runs_as(const struct taking *t, const struct entry *entry)
{
	uint64_t vmid = number(entry->vmid);
	pid_t pid = vmid > UINT32_MAX ? 0 : proc_vm_pid(t->root, (uint32_t)vmid);

	return pid > 0 && (uint64_t)pid == number(entry->value);
}

static int check_other(struct taking *t, const struct entry *entry, struct err *err)
{
	if (!entry->pid)
		return number(entry->value) > t->now
			       ? err_set(err, EBUSY,
					 "%s is reserved by VM %s, which is starting",
					 entry->name, entry->vmid)
			       : 0;
	if (!number(entry->value))
		return 0;
	if (runs_as(t, entry))
		return err_set(err, EBUSY, "%s is in use by VM %s", entry->name,
			       entry->vmid);
	if (t->notes)
		notes_add(t->notes,
			  "%s was reserved by VM %s, which does not run: it is taken",
			  entry->name, entry->vmid);
	return 0;
}

/* 1: this machine runs with it, and nothing is to be changed. */
static int check_own(struct taking *t, const struct entry *entry, struct err *err)
{
	int64_t left;

	if (!entry->pid) {
		left = (int64_t)(number(entry->value) - GRACE_S - t->now);
		if (number(entry->value) && t->timeout >= 0 && left > t->timeout)
			t->timeout = left;
		return 0;
	}
	if (!number(entry->value) || !runs_as(t, entry))
		return 0;
	if (t->who->pid)
		return err_set(err, EBUSY, "%s is in use by VM %s itself, which runs",
			       entry->name, entry->vmid);
	return t->timeout >= 0;
}

static int take_one(struct taking *t, const struct bdf *bdf, struct err *err)
{
	struct entry entry = {.pid = t->who->pid != 0};
	const struct entry *old;
	int r = 0;

	(void)bdf_format(bdf, entry.name);
	(void)snprintf(entry.vmid, sizeof(entry.vmid), "%u", t->who->vmid);
	old = find(&t->table, entry.name);
	if (old)
		r = number(old->vmid) == t->who->vmid ? check_own(t, old, err)
						      : check_other(t, old, err);
	if (r != 0)
		return r;
	if (entry.pid)
		(void)snprintf(entry.value, sizeof(entry.value), "%d", (int)t->who->pid);
	else
		(void)snprintf(entry.value, sizeof(entry.value), "%lld",
			       (long long)t->now + t->timeout + GRACE_S);
	r = put(&t->table, &entry);
	return r < 0 ? err_set(err, -r, "out of memory") : 0;
}

int reservation_take(const struct root *root, const struct reservation *who,
		     const struct bdf *bdf, size_t n, struct notes *notes,
		     struct err *err)
{
	struct taking t = {
		.root = root, .who = who, .notes = notes, .timeout = who->timeout_s};
	_cleanup_close_ int lock = -1;
	int r;

	if (!n)
		return 0;
	lock = take_lock(root, err);
	if (lock < 0)
		return lock;
	t.now = now();
	r = load(root, &t.table, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = take_one(&t, &bdf[i], err);
	if (r == 0)
		r = save(root, &t.table, err);
	table_free(&t.table);
	return r < 0 ? r : 0;
}

static bool is_one_of(const char *name, const struct bdf *bdf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, BDF(&bdf[i])))
			return true;
	return false;
}

int reservation_drop(const struct root *root, uint32_t vmid, const struct bdf *bdf,
		     size_t n, struct err *err)
{
	_cleanup_(table_free) struct table table = {0};
	_cleanup_close_ int lock = take_lock(root, err);
	size_t kept = 0;
	int r;

	if (lock < 0)
		return lock;
	r = load(root, &table, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < table.n; i++)
		if (number(table.item[i].vmid) != vmid ||
		    (bdf && !is_one_of(table.item[i].name, bdf, n)))
			table.item[kept++] = table.item[i];
	table.n = kept;
	return save(root, &table, err);
}

int reservation_list(const struct root *root, uint32_t vmid, bool pid, struct bdf **ret,
		     size_t *ret_n, struct err *err)
{
	_cleanup_(table_free) struct table table = {0};
	struct bdf *list;
	size_t n = 0;
	int r = load(root, &table, err);

	if (r < 0)
		return r;
	list = calloc(table.n + 1, sizeof(*list));
	if (!list)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < table.n; i++)
		if (number(table.item[i].vmid) == vmid && (!pid || table.item[i].pid) &&
		    bdf_parse(table.item[i].name, &list[n]) == 0)
			n++;
	*ret = list;
	*ret_n = n;
	return 0;
}

static bool is_known(const struct facts *facts, const struct bdf *bdf, uint64_t vmid)
{
	for (size_t i = 0; i < facts->claims; i++)
		if (facts->claim[i].vmid == vmid &&
		    bdf_equal(&facts->claim[i].bdf, bdf) && !facts->claim[i].parked)
			return true;
	return false;
}

int reservation_gather(const struct root *root, uint32_t vmid, struct facts *facts,
		       struct err *err)
{
	struct reservation me = {.vmid = vmid};
	struct taking t = {.root = root, .who = &me, .now = now()};
	int r = load(root, &t.table, err);

	for (size_t i = 0; r == 0 && i < t.table.n; i++) {
		const struct entry *e = &t.table.item[i];
		uint64_t other = number(e->vmid);
		struct claim claim = {.kind = e->pid ? CLAIM_RUNNING : CLAIM_RESERVED};

		if (other == vmid || other > UINT32_MAX ||
		    bdf_parse(e->name, &claim.bdf) < 0 ||
		    is_known(facts, &claim.bdf, other) || check_other(&t, e, NULL) == 0)
			continue;
		claim.vmid = (uint32_t)other;
		r = facts_add_claim(facts, &claim);
		if (r < 0)
			r = err_set(err, ENOMEM, "out of memory");
	}
	table_free(&t.table);
	return r;
}

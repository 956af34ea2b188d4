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
#include "run/reservation-table.h"

#define FOLDER "/run/qemu-server"
#define NAME   "pci-id-reservations"
#define PATH   FOLDER "/" NAME

enum {
	LOCK_MS = 5000, /* as Proxmox waits */
	GRACE_S = 5	/* what Proxmox adds to a timeout */
};

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

static int load(const struct root *root, struct reservation_table *table, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read(root, PATH, LIMIT_CONFIG, &text, NULL);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = reservation_table_parse(text, table);
	return r < 0 ? err_set(err, -r, PATH ": %s", strerror(-r)) : 0;
}

static int save(const struct root *root, const struct reservation_table *table,
		struct err *err)
{
	size_t size;
	_cleanup_free_ char *text = reservation_table_print(table, &size);
	int r = text ? file_replace(root, FOLDER, NAME, text, size) : -ENOMEM;

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
	struct reservation_table table;
	struct notes *notes;
	uint64_t now;
	int64_t timeout; /* grows to that of what is reserved already */
};

/* What runs as @vmid. Asked once for all that a machine has: one that hangs does not
 * answer at once. */
static pid_t pid_of(const struct taking *t, uint64_t vmid)
{
	struct reservation_entry *first = t->table.item;

	while (number(first->vmid) != vmid)
		first++;
	if (!first->asked && vmid <= UINT32_MAX)
		first->found = proc_vm_pid(t->root, (uint32_t)vmid);
	first->asked = true;
	return first->found;
}

/* @entry is of the table. */
static bool runs_as(const struct taking *t, const struct reservation_entry *entry)
{
	pid_t pid = pid_of(t, number(entry->vmid));

	return pid > 0 && (uint64_t)pid == number(entry->value);
}

static int check_other(struct taking *t, const struct reservation_entry *entry,
		       struct err *err)
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
static int check_own(struct taking *t, const struct reservation_entry *entry,
		     struct err *err)
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
	struct reservation_entry entry = {.pid = t->who->pid != 0};
	const struct reservation_entry *old;
	int r = 0;

	(void)bdf_format(bdf, entry.name);
	(void)snprintf(entry.vmid, sizeof(entry.vmid), "%u", t->who->vmid);
	old = reservation_table_find(&t->table, entry.name);
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
	r = reservation_table_put(&t->table, &entry);
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
	reservation_table_free(&t.table);
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
	_cleanup_(reservation_table_free) struct reservation_table table = {0};
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
	_cleanup_(reservation_table_free) struct reservation_table table = {0};
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

int reservation_start(const struct root *root, uint32_t vmid, int64_t *ret,
		      struct err *err)
{
	_cleanup_(reservation_table_free) struct reservation_table table = {0};
	int64_t last = 0;
	int r = load(root, &table, err);

	for (size_t i = 0; r == 0 && i < table.n; i++) {
		const struct reservation_entry *e = &table.item[i];
		int64_t left = (int64_t)number(e->value) - (int64_t)now();

		if (number(e->vmid) == vmid && !e->pid && left > last)
			last = left;
	}
	if (r == 0)
		*ret = last;
	return r;
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
		const struct reservation_entry *e = &t.table.item[i];
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
	reservation_table_free(&t.table);
	return r;
}

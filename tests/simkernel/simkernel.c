/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps in where the programs meet the kernel: write(2) below the fake root's /sys is
 * answered by answers.c, and openat2(2) says EBUSY for what `busy` lists and gives the
 * real /proc/PID, so that children and their parents are real.
 */
#include "simkernel.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct sim sim;

static ssize_t (*real_write)(int, const void *, size_t);
static long (*real_syscall)(long, ...);

__attribute__((constructor)) static void begin(void)
{
	const char *real = getenv("SIMKERNEL_REAL");
	const char *folder = real ? real : getenv("SIMKERNEL");

	*(void **)&real_write = dlsym(RTLD_NEXT, "write");
	*(void **)&real_syscall = dlsym(RTLD_NEXT, "syscall");
	sim.program = getpid();
	if (!folder)
		return;
	(void)snprintf(sim.folder, sizeof(sim.folder), "%s", folder);
	sim.real = real;
	if (real) {
		(void)strcpy(sim.root, "/");
		return;
	}
	(void)snprintf(sim.root, sizeof(sim.root), "%s", folder);
	*strrchr(sim.root, '/') = '\0';
	(void)strncat(sim.root, "/root/", sizeof(sim.root) - strlen(sim.root) - 1);
}

int sim_lock(void)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/lock", sim.folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

void sim_unlock(int fd)
{
	close(fd);
}

bool sim_is_busy(const char *path)
{
	char file[PATH_MAX], line[256];
	bool busy = false;
	FILE *f;

	(void)snprintf(file, sizeof(file), "%s/busy", sim.folder);
	f = fopen(file, "re");
	while (f && !busy && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		busy = !strcmp(line, path);
	}
	if (f)
		fclose(f);
	return busy;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* "write ROLE PID MS PATH VALUE" when it comes, "result ..." when it is answered. */
static void note(const char *what, const struct sim_write *write, const char *last)
{
	char path[PATH_MAX], line[PATH_MAX + 4096];
	int fd, n;

	n = snprintf(line, sizeof(line), "%s\t%s\t%d\t%lld\t%s\t", what,
		     getpid() == sim.program ? "parent" : "child", (int)getpid(),
		     now_ms(), write->path);
	for (const char *s = last; *s && (size_t)n + 3 < sizeof(line); s++)
		n += snprintf(line + n, sizeof(line) - (size_t)n,
			      *s == '\n' ? "\\n" : "%c", *s);
	line[n++] = '\n';
	(void)snprintf(path, sizeof(path), "%s/log", sim.folder);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		(void)!real_write(fd, line, (size_t)n);
		close(fd);
	}
}

/*
 * A store that has begun is not cut short by the end of the parent: the signal comes when
 * the system call returns. Here, the signal is put off until then.
 */
static void put_off_death(void)
{
	if (getpid() != sim.program)
		prctl(PR_SET_PDEATHSIG, 0);
}

static void let_die(void)
{
	if (getpid() == sim.program)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != sim.program)
		raise(SIGKILL);
}

/*
 * The device lock, which stores to its attributes and to bind and unbind take, and keep
 * while the driver works (device_lock(): dd.c, pci.c reset_store, driver_set_override).
 */
static int lock_device(const struct sim_write *write)
{
	const char *last = strrchr(write->path, '/'), *name = last;
	char path[PATH_MAX];
	int fd;

	if (strstr(write->path, "/drivers/")) {
		name = write->value;
		last = name + strcspn(name, "\n");
	} else {
		while (name > write->path && name[-1] != '/')
			name--;
	}
	(void)snprintf(path, sizeof(path), "%s/lock.%.*s", sim.folder, (int)(last - name),
		       name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

int sim_store(const struct sim_write *write)
{
	struct verdict verdict;
	int error, lock, device;

	put_off_death();
	note("write", write, write->value);
	device = lock_device(write);
	rules_before(write, &verdict);
	lock = sim_lock();
	/* kernfs_fop_write_iter: nothing is stored where nothing is written. */
	error = verdict.error || verdict.lie || !write->value[0] ? verdict.error
								 : answer(write);
	sim_unlock(lock);
	note("result", write, error ? strerrorname_np(error) : "ok");
	rules_after(&verdict);
	close(device);
	let_die();
	return error;
}

static ssize_t store(const struct sim_write *write, size_t size)
{
	int error = sim_store(write);

	errno = error;
	return error ? -1 : (ssize_t)size;
}

/* The kernel that is there answers. */
static ssize_t store_real(int fd, const struct sim_write *write, const void *data,
			  size_t size)
{
	struct verdict verdict;
	int error;
	ssize_t n;

	note("write", write, write->value);
	rules_before(write, &verdict);
	n = real_write(fd, data, size);
	error = n < 0 ? errno : 0;
	note("result", write, error ? strerrorname_np(error) : "ok");
	rules_after(&verdict);
	errno = error;
	return n;
}

/* The journal is an ordinary file, but programs may be killed around its writes. */
static ssize_t record(int fd, const struct sim_write *write, const void *data,
		      size_t size)
{
	struct verdict verdict;
	ssize_t n;

	rules_before(write, &verdict);
	if (verdict.error) {
		errno = verdict.error;
		return -1;
	}
	n = real_write(fd, data, verdict.tear ? size / 2 : size);
	if (verdict.tear)
		raise(SIGKILL);
	rules_after(&verdict);
	return n;
}

/* The path of @fd below the fake root; NULL: it is elsewhere. */
static const char *path_of(int fd, char buf[static PATH_MAX])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = sim.folder[0] ? readlink(link, buf, PATH_MAX - 1) : -1;
	buf[n < 0 ? 0 : n] = '\0';
	return strncmp(buf, sim.root, strlen(sim.root)) || n < 0 ? NULL
								 : buf + strlen(sim.root);
}

ssize_t write(int fd, const void *data, size_t size)
{
	char path[PATH_MAX];
	struct sim_write write = {.path = path_of(fd, path)};

	if (!real_write) /* before the constructor ran */
		*(void **)&real_write = dlsym(RTLD_NEXT, "write");
	if (!write.path || (sim.real && strncmp(write.path, "sys/", 4) != 0 &&
			    strncmp(write.path, "run/hostpci/", 12) != 0))
		return real_write(fd, data, size);
	(void)snprintf(write.value, sizeof(write.value), "%.*s", (int)size,
		       (const char *)data);
	if (!strncmp(write.path, "sys/", 4))
		return sim.real ? store_real(fd, &write, data, size)
				: store(&write, size);
	return record(fd, &write, data, size);
}

/* Showing driver_override or sriov_numvfs takes the device lock; other attributes that
 * are read do not. */
ssize_t read(int fd, void *buf, size_t size)
{
	char path[PATH_MAX];
	struct sim_write what = {.path = sim.real ? NULL : path_of(fd, path)};
	const char *name = what.path ? strrchr(what.path, '/') : NULL;
	bool locks = name && (!strcmp(name, "/driver_override") ||
			      !strcmp(name, "/sriov_numvfs"));
	int device = locks ? lock_device(&what) : -1;
	ssize_t n = syscall(SYS_read, fd, buf, size);

	if (device >= 0)
		close(device);
	return n;
}

ssize_t __read_chk(int fd, void *buf, size_t size, size_t room);

ssize_t __read_chk(int fd, void *buf, size_t size, size_t room)
{
	return read(fd, buf, size < room ? size : room);
}

/* Paths of the fake root that are answered elsewhere; -2: none of those. */
static long open_special(const char *path, const struct open_how *how)
{
	if (how->flags & O_PATH && strncmp(path, "/proc", 5) != 0)
		return -2; /* not an open: nothing is claimed */
	if (!strncmp(path, "/dev/vfio/", 10) && sim_is_busy(path)) {
		errno = EBUSY; /* vfio_group_fops_open: one opener a group */
		return -1;
	}
	if (!strncmp(path, "/dev/", 5) && how->flags & O_EXCL && sim_is_busy(path)) {
		errno = EBUSY; /* bd_prepare_to_claim */
		return -1;
	}
	if (!strcmp(path, "/proc") || (!strncmp(path, "/proc/", 6) && isdigit(path[6])))
		return openat(AT_FDCWD, path, (int)how->flags, (mode_t)how->mode);
	return -2;
}

long syscall(long number, ...)
{
	long a[6], fd;
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (!real_syscall)
		*(void **)&real_syscall = dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_openat2 && sim.folder[0] && !sim.real) {
		fd = open_special((const char *)a[1], (const struct open_how *)a[2]);
		if (fd != -2)
			return fd;
	}
	return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

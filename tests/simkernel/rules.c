/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules file, read anew at every write; a line is
 *   PATH VALUE NTH ACTION [ARGUMENT...]
 * PATH is matched against the end of the path below the root, VALUE against all that is
 * written (both as glob(7), without blanks); NTH is the number of the matching write that
 * is meant, counted over all processes, or *.
 *   errno NAME-OR-NUMBER             fails with it
 *   lie                              succeeds without effect
 *   delay MS                         answers later
 *   block FILE                       goes on when FILE exists in the folder SIMKERNEL
 *   hang FILE                        the same, but the effect comes first
 *   kill parent|child|both before|after   SIGKILL, before or after the effect
 *   term                             SIGTERM to the program, before the effect
 *   tear                             half a record of a journal, then SIGKILL
 *   then FILE CONTENT                afterwards FILE below the root holds CONTENT
 *   late FILE MS                     what it made as FILE below the root is there only
 *                                    after that time (0: never)
 */
#include "simkernel.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct rule {
	char path[256], value[256], nth[16], action[16], a[256], b[256];
};

static void sleep_ms(long ms)
{
	const struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

/* A name of errno(3), or its number. */
static int error_number(const char *name)
{
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i) && !strcmp(strerrorname_np(i), name))
			return i;
	return isdigit((unsigned char)name[0]) ? atoi(name) : ENOTRECOVERABLE;
}

/* How many writes have met rule @line so far, this one included. */
static long count(int line)
{
	char path[PATH_MAX];
	struct stat st = {0};
	int lock = sim_lock(), fd;

	(void)snprintf(path, sizeof(path), "%s/count.%d", sim.folder, line);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		(void)fstat(fd, &st);
		(void)!ftruncate(fd, ++st.st_size);
		close(fd);
	}
	sim_unlock(lock);
	return (long)st.st_size;
}

static bool meets(const struct rule *r, int line, const struct sim_write *write)
{
	char pattern[sizeof(r->path) + 1];

	(void)snprintf(pattern, sizeof(pattern), "*%s", r->path);
	if (fnmatch(pattern, write->path, 0) != 0 ||
	    fnmatch(r->value, write->value, 0) != 0)
		return false;
	return r->nth[0] == '*' || count(line) == atol(r->nth);
}

static bool parse(char *line, struct rule *r)
{
	memset(r, 0, sizeof(*r));
	return line[0] != '#' &&
	       sscanf(line, "%255s %255s %15s %15s %255s %255s", r->path, r->value,
		      r->nth, r->action, r->a, r->b) >= 4;
}

/* Calls @each with every rule, in the order of the file, which is closed by then. */
static void for_each(void (*each)(const struct rule *, int, void *), void *context)
{
	static struct rule rules[16];
	char path[PATH_MAX], line[1024];
	bool valid[16] = {false};
	int n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/rules", sim.folder);
	f = fopen(path, "re");
	for (; f && n < 16 && fgets(line, sizeof(line), f); n++)
		valid[n] = parse(line, &rules[n]);
	if (f)
		fclose(f);
	for (int i = 0; i < n; i++)
		if (valid[i])
			each(&rules[i], i + 1, context);
}

static void kill_now(const struct rule *r)
{
	bool child = getpid() != sim.program;

	if (strcmp(r->a, "child") != 0)
		kill(sim.program, SIGKILL);
	if (child && strcmp(r->a, "parent") != 0)
		raise(SIGKILL);
}

static void wait_for(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", sim.folder, name);
	while (access(path, F_OK) < 0)
		sleep_ms(5);
}

/* Somebody else puts it there, who holds nothing of the program's. */
static void come_late(const struct rule *r, int line)
{
	char path[PATH_MAX], aside[PATH_MAX];
	long ms = atol(r->b);

	(void)snprintf(path, sizeof(path), "%s%s", sim.root, r->a);
	(void)snprintf(aside, sizeof(aside), "%s/late.%d", sim.folder, line);
	if (rename(path, aside) < 0 || !ms || fork() != 0)
		return;
	(void)setsid();
	(void)close_range(0, ~0U, 0);
	sleep_ms(ms);
	(void)rename(aside, path);
	_exit(0);
}

struct meeting {
	const struct sim_write *write;
	struct verdict *verdict;
};

static void before(const struct rule *r, int line, void *context)
{
	const struct meeting *m = context;
	struct verdict *v = m->verdict;

	if (v->lines == (int)(sizeof(v->line) / sizeof(v->line[0])) ||
	    !meets(r, line, m->write))
		return;
	v->line[v->lines++] = line;
	if (!strcmp(r->action, "errno"))
		v->error = error_number(r->a);
	else if (!strcmp(r->action, "lie"))
		v->lie = true;
	else if (!strcmp(r->action, "tear"))
		v->tear = true;
	else if (!strcmp(r->action, "delay"))
		sleep_ms(atol(r->a));
	else if (!strcmp(r->action, "block"))
		wait_for(r->a);
	else if (!strcmp(r->action, "term"))
		kill(sim.program, SIGTERM);
	else if (!strcmp(r->action, "kill") && !strcmp(r->b, "before"))
		kill_now(r);
}

static void after(const struct rule *r, int line, void *context)
{
	const struct verdict *v = context;
	char path[PATH_MAX];
	bool mine = false;
	FILE *f;

	for (int i = 0; i < v->lines; i++)
		mine |= v->line[i] == line;
	if (!mine)
		return;
	if (!strcmp(r->action, "hang")) {
		wait_for(r->a);
	} else if (!strcmp(r->action, "then")) {
		(void)snprintf(path, sizeof(path), "%s%s", sim.root, r->a);
		f = fopen(path, "we");
		if (f) {
			(void)fprintf(f, "%s\n", r->b);
			fclose(f);
		}
	} else if (!strcmp(r->action, "late")) {
		come_late(r, line);
	} else if (!strcmp(r->action, "kill") && !strcmp(r->b, "after"))
		kill_now(r);
}

void rules_before(const struct sim_write *write, struct verdict *ret)
{
	struct meeting meeting = {write, ret};

	memset(ret, 0, sizeof(*ret));
	for_each(before, &meeting);
}

void rules_after(const struct verdict *verdict)
{
	struct verdict copy = *verdict;

	if (copy.lines)
		for_each(after, &copy);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resident PROGRAM [ARGUMENT...]: KiB of its memory that are resident when it ends.
 * Counted page by page (smaps_rollup): the sums of getrusage and status are kept by
 * processor, and are off by hundreds of KiB. Addresses are not randomized, where that is
 * permitted: a fault maps what is cached of the 64 KiB around it, so that where a program
 * happens to lie would decide over 200 KiB of it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static long resident(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, "Rss:", 4))
			kib = strtol(line + 4, NULL, 10);
	if (f)
		(void)fclose(f);
	return kib;
}

int main(int argc, char **argv)
{
	long kib = -1;
	int status;
	pid_t pid;

	if (argc < 2)
		return 64;
	pid = fork();
	if (pid == 0) {
		(void)close(1);
		(void)personality(ADDR_NO_RANDOMIZE);
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)execv(argv[1], argv + 1);
		_exit(127);
	}
	/* It stops when it has begun, and again just before it ends. */
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			kib = resident(pid);
		(void)ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACEEXIT);
		(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	(void)printf("%ld\n", kib);
	return kib < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

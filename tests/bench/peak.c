/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peak PROGRAM ARGUMENT...: runs it and prints its peak resident memory in KiB. A small
 * program, as what is measured includes what it is started from.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status = 1;

	if (argc < 2)
		return 64;
	if (fork() == 0) {
		(void)close(1);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	(void)wait(&status);
	(void)getrusage(RUSAGE_CHILDREN, &usage);
	(void)printf("%ld\n", usage.ru_maxrss);
	return status != 0;
}

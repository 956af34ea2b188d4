/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writes that a start or a stop consists of and nothing else, a process a device:
 *   raw-writes start|start-reset|stop DRIVER ADDRESS...
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *folder, const char *name, const char *file, const char *value)
{
	char path[256];
	size_t size = strlen(value);
	int fd, ok;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/%s/%s/%s", folder, name, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, value, size) == (ssize_t)size;
	if (!ok)
		perror(path);
	close(fd);
	return ok;
}

static int work(const char *what, const char *driver, const char *bdf)
{
	if (!strcmp(what, "stop"))
		return put("drivers", "vfio-pci", "unbind", bdf) &&
		       put("devices", bdf, "driver_override", "\n") &&
		       put("drivers", driver, "bind", bdf);
	return put("drivers", driver, "unbind", bdf) &&
	       put("devices", bdf, "driver_override", "vfio-pci") &&
	       put("drivers", "vfio-pci", "bind", bdf) &&
	       (strcmp(what, "start-reset") != 0 || put("devices", bdf, "reset", "1"));
}

int main(int argc, char **argv)
{
	int status, failed = 0;

	if (argc < 4)
		return 64;
	for (int i = 3; i < argc; i++)
		if (fork() == 0)
			_exit(!work(argv[1], argv[2], argv[i]));
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}

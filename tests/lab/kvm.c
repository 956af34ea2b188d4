/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QEMU without a guest: `kvm -id VMID [--linger MS] ADDRESS...` takes the devices as
 * QEMU does, by their IOMMU groups, says so, and keeps them until SIGTERM. Its command
 * line is one that Proxmox would take for the machine's. With --linger a second process
 * keeps the descriptors that long after the first has ended, as a kernel does that has
 * much memory to give up.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int container = -1;

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* Another function of a group that is open already shares its descriptor. */
static int group_of(const char *address)
{
	static struct {
		char node[PATH_MAX];
		int fd;
	} open_groups[16];
	static int n;
	char link[PATH_MAX], target[PATH_MAX] = "", node[PATH_MAX];

	(void)snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group",
		       address);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -1;
	(void)snprintf(node, sizeof(node), "/dev/vfio/%.60s", basename(target));
	for (int i = 0; i < n; i++)
		if (!strcmp(open_groups[i].node, node))
			return open_groups[i].fd;
	if (n == 16)
		return -1;
	(void)strcpy(open_groups[n].node, node);
	open_groups[n].fd = open(node, O_RDWR);
	if (open_groups[n].fd < 0 ||
	    ioctl(open_groups[n].fd, VFIO_GROUP_SET_CONTAINER, &container) < 0)
		return -1;
	if (n == 0 && ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		return -1;
	return open_groups[n++].fd;
}

static void linger(long ms)
{
	pid_t first = getpid();

	if (fork() != 0)
		return;
	(void)signal(SIGTERM, SIG_IGN);
	while (getppid() == first)
		usleep(10000);
	usleep((useconds_t)ms * 1000);
	_exit(0);
}

int main(int argc, char **argv)
{
	sigset_t wanted;
	int signal_number;
	long ms = 0;

	container = open("/dev/vfio/vfio", O_RDWR);
	if (container < 0)
		return fail("/dev/vfio/vfio");
	for (int i = 1; i < argc; i++) {
		int group;

		if (!strcmp(argv[i], "-id")) {
			i++;
			continue;
		}
		if (!strcmp(argv[i], "--linger")) {
			ms = atol(argv[++i]);
			continue;
		}
		group = group_of(argv[i]);
		if (group < 0 || ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[i]) < 0)
			return fail(argv[i]);
	}
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &wanted, NULL);
	if (ms)
		linger(ms);
	(void)printf("ready\n");
	(void)fclose(stdout);
	(void)sigwait(&wanted, &signal_number);
	return 0;
}

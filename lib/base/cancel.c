/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cancel.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

int cancel_begin(struct cancel *ret)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	*ret = (struct cancel){.fd = fd};
	return 0;
}

bool cancel_asked(struct cancel *cancel)
{
	struct signalfd_siginfo info;

	while (cancel->fd >= 0 &&
	       read(cancel->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		cancel->asked = true;
	return cancel->asked;
}

void cancel_end(struct cancel *cancel)
{
	cleanup_close(&cancel->fd);
	*cancel = CANCEL_NONE;
}

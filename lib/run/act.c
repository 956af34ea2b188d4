/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/act.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fileio.h"
#include "run/module.h"
#include "run/nvme-set.h"
#include "run/vf-set.h"

/* Never O_CREAT: a missing attribute must fail. */
static int open_attribute(const struct root *root, const char *path)
{
	return strncmp(path, "/sys/", 5) != 0
		       ? -EINVAL
		       : root_opensys(root, path + 5, O_WRONLY | O_NOFOLLOW);
}

/* errno belongs to the one write(2). */
static int write_attribute(const struct root *root, const char *path, const char *value)
{
	_cleanup_close_ int fd = open_attribute(root, path);

	return fd < 0 ? fd : file_write_once(fd, value, strlen(value));
}

/*
 * Falling asleep begins as soon as the kernel has a moment: the second file is open
 * before. What it is about is time alone: without effect it does no harm.
 */
static int write_awake(const struct root *root, const struct child_request *request)
{
	char path[CHILD_PATH];
	struct step_write write;
	_cleanup_close_ int fd = -1;
	int r;

	(void)snprintf(write.value, sizeof(write.value), "%s", request->value);
	fd = open_attribute(root, step_awake_path(&write, path));
	r = write_attribute(root, request->path, request->value);
	if (r == 0 && fd >= 0)
		(void)!file_write_once(fd, "on", strlen("on"));
	return r;
}

void act_handle(const struct root *root, const struct child_request *request,
		struct child_reply *reply)
{
	if (request->op == ACT_WRITE)
		reply->result = write_attribute(root, request->path, request->value);
	else if (request->op == ACT_AWAKE)
		reply->result = write_awake(root, request);
	else if (request->op == ACT_MODULE)
		reply->result = module_load(root, request->value);
	else if (request->op == ACT_VF)
		reply->result = vf_set(root, request->path, request->value);
	else if (request->op == ACT_NVME)
		reply->result = nvme_set(root, request->path, request->value);
	else
		look_handle(root, request, reply);
}

void act_request(struct child_request *request, const struct step_write *write)
{
	memset(request, 0, sizeof(*request));
	request->op = write->module    ? ACT_MODULE
		      : write->netlink ? ACT_VF
		      : write->nvme    ? ACT_NVME
		      : write->awake   ? ACT_AWAKE
				       : ACT_WRITE;
	(void)snprintf(request->path, sizeof(request->path), "%s", write->path);
	(void)snprintf(request->value, sizeof(request->value), "%s", write->value);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-numvfs.h"

#include <string.h>

#include "base/number.h"
#include "host/look.h"
#include "plan/attribute.h"

static const char *start_of(const struct step *step)
{
	return step->direction == STEP_DO ? step->found : step->want;
}

static bool is_count(const char *text)
{
	uint64_t n;

	return number_parse(text, UINT16_MAX, &n) == 0;
}

static bool numvfs_valid(const struct step *step)
{
	return is_count(step->found) && is_count(step->want);
}

static bool numvfs_write(const struct step *step, struct step_write *ret)
{
	return attribute_write(step, "sriov_numvfs", ret);
}

/* LOOK_VFS waits until they can be seen. */
static void numvfs_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_VFS, "/sys/bus/pci/devices/%s", BDF(&step->bdf));
}

/* From one number to another the kernel goes only through none: all of them go. */
static bool numvfs_spares(const struct step *step)
{
	return strcmp(start_of(step), "0") != 0;
}

/* What LOOK_VFS has seen is the number, and more if something is not as it should be. */
static bool shows(const char *seen, const char *number)
{
	size_t n = strcspn(seen, " ");

	return strlen(number) == n && !strncmp(seen, number, n);
}

/* Fewer than were asked for: the kernel takes that for success, and only warns. */
static bool is_part(const struct step *step, const char *seen)
{
	char number[16];
	uint64_t now, all;

	(void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(seen, " "), seen);
	return number_parse(number, UINT16_MAX, &now) == 0 &&
	       number_parse(start_of(step), UINT16_MAX, &all) == 0 && now < all;
}

static enum step_verdict numvfs_judge(const struct step *step, const char *seen,
				      bool written)
{
	const char *target = attribute_target(step);

	(void)written;
	if (shows(seen, target))
		return strstr(seen, " links ") ? STEP_GO : STEP_REACHED;
	if (shows(seen, start_of(step)) ||
	    (step->direction == STEP_UNDO && step->partly && is_part(step, seen)))
		return STEP_GO;
	return STEP_FOREIGN;
}

/* They are there, but an interface of one is late. */
static bool numvfs_tells(const struct step *step, const char *seen)
{
	(void)step;
	return strchr(seen, ' ');
}

static void numvfs_explain(const struct step *step, const char *seen, char *buf,
			   size_t size)
{
	const char *target = attribute_target(step), *links = strstr(seen, " links ");
	const char *late = strstr(seen, " late ");
	int n = (int)strcspn(seen, " ");

	if (links)
		(void)snprintf(buf, size,
			       "the kernel counts %.*s, but only %s can be seen: look at "
			       "dmesg",
			       n, seen, links + strlen(" links "));
	else if (late && shows(seen, target))
		(void)snprintf(buf, size,
			       "the network interface of %s of them is not there yet",
			       late + strlen(" late "));
	else if (step->direction == STEP_DO && strcmp(target, "0") != 0 &&
		 strcmp(step->found, "0") == 0)
		(void)snprintf(buf, size,
			       "%.*s of %s virtual functions were enabled: the card or "
			       "its driver has no more now, look at dmesg",
			       n, seen, target);
	else
		(void)snprintf(buf, size, "it has %.*s virtual functions, not %s", n,
			       seen, start_of(step));
}

static void numvfs_describe(const struct step *step, char *buf, size_t size)
{
	const char *target = attribute_target(step);

	if (!strcmp(target, "0"))
		(void)snprintf(buf, size, "remove its %s virtual function%s",
			       start_of(step), strcmp(start_of(step), "1") ? "s" : "");
	else
		(void)snprintf(buf, size, "make %s virtual function%s", target,
			       strcmp(target, "1") != 0 ? "s" : "");
}

const struct step_ops step_numvfs = {
	.name = "numvfs",
	.deadline_ms = LIMIT_VFS_MS,
	.shared = true,
	.keeps = true,
	.spares_vfs = numvfs_spares,
	.valid = numvfs_valid,
	.write = numvfs_write,
	.look = numvfs_look,
	.judge = numvfs_judge,
	.tells = numvfs_tells,
	.explain = numvfs_explain,
	.describe = numvfs_describe,
};

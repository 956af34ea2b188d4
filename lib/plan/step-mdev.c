/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/step-mdev.h"

#include <string.h>

#include "base/name.h"
#include "host/look.h"
#include "host/mdev.h"

enum {
	APPEAR_MS = 5 * 1000, /* the type's link and the group follow the device */
	CLEAN_MS = 10 * 1000, /* NVIDIA's driver removes it itself when QEMU ends */
};

static bool mdev_valid(const struct step *step)
{
	return uuid_is_set(&step->mdev) && name_valid(step->found) &&
	       name_valid(step->want);
}

/* The driver reads 36 characters and does not look at a 37th (mdev_sysfs.c). */
static bool mdev_write(const struct step *step, struct step_write *ret)
{
	if (step->direction == STEP_UNDO) {
		(void)snprintf(ret->path, sizeof(ret->path),
			       "/sys/bus/mdev/devices/%s/remove", step->mdev.text);
		(void)snprintf(ret->value, sizeof(ret->value), "1");
		return true;
	}
	(void)snprintf(ret->path, sizeof(ret->path),
		       "/sys/class/mdev_bus/%s/mdev_supported_types/%.63s/create",
		       step->found, step->want);
	(void)snprintf(ret->value, sizeof(ret->value), "%s", step->mdev.text);
	return true;
}

static void mdev_look(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_MDEV, "/sys/class/mdev_bus/%s/%s", step->found,
		     step->mdev.text);
}

/* What has it open keeps the kernel in the write, and that cannot be ended. */
static bool mdev_needs_idle(const struct step *step, struct child_request *ret)
{
	look_request(ret, LOOK_MDEV_BUSY, "/sys/bus/mdev/devices/%s", step->mdev.text);
	return step->direction == STEP_UNDO;
}

static enum step_verdict mdev_judge(const struct step *step, const char *seen,
				    bool written)
{
	struct mdev_seen now;

	mdev_seen_parse(seen, &now);
	if (step->direction == STEP_UNDO) {
		if (!now.there)
			return STEP_REACHED;
		return now.going || !strcmp(now.type, step->want) ? STEP_GO
								  : STEP_FOREIGN;
	}
	if (!now.there || now.going)
		return STEP_GO;
	if (strcmp(now.type, step->want) != 0)
		return written ? STEP_GO : STEP_FOREIGN;
	return now.group >= 0 || !written ? STEP_REACHED : STEP_GO;
}

static int mdev_patience_ms(const struct step *step, const char *seen, bool written)
{
	struct mdev_seen now;

	mdev_seen_parse(seen, &now);
	if (now.going)
		return LIMIT_BUSY_MS;
	if (step->direction == STEP_DO)
		return written && now.there ? APPEAR_MS : 0;
	return now.cleans && !written ? CLEAN_MS : 0;
}

static void mdev_explain(const struct step *step, const char *seen, char *buf,
			 size_t size)
{
	struct mdev_seen now;

	mdev_seen_parse(seen, &now);
	if (!now.there)
		(void)snprintf(buf, size,
			       "the kernel took the write, but there is no mediated "
			       "device %s: look at dmesg",
			       step->mdev.text);
	else if (step->direction == STEP_UNDO)
		(void)snprintf(buf, size,
			       "the kernel took the write, but it is still there");
	else if (strcmp(now.type, step->want) != 0 && now.type[0])
		(void)snprintf(buf, size,
			       "there is one with its UUID already, of type %s on %s",
			       now.type, now.parent);
	else
		(void)snprintf(buf, size,
			       "it was made, but is not complete after %d s (it has no "
			       "%s): look at dmesg",
			       APPEAR_MS / 1000,
			       now.type[0] ? "IOMMU group" : "mdev_type");
}

static void mdev_describe(const struct step *step, char *buf, size_t size)
{
	if (step->direction == STEP_DO)
		(void)snprintf(buf, size, "create %.63s on %s", step->want, step->found);
	else
		(void)snprintf(buf, size, "remove it (%.63s on %s)", step->want,
			       step->found);
}

const struct step_ops step_mdev = {
	.name = "mdev",
	.deadline_ms = 30000,
	.valid = mdev_valid,
	.needs_idle = mdev_needs_idle,
	.patience_ms = mdev_patience_ms,
	.write = mdev_write,
	.look = mdev_look,
	.judge = mdev_judge,
	.explain = mdev_explain,
	.describe = mdev_describe,
};

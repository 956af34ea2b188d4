/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of its physical function's that says what a virtual one is allotted. */
#include "plan/step-vf-attribute.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "host/look.h"
#include "plan/attribute.h"
#include "plan/vf-text.h"
#include "spec/vf-attribute.h"

/* "3 profile/exec_quantum_ms 20" */
static bool parse(const char *text, unsigned *ret_index, struct vf_attribute *ret)
{
	size_t digits = strcspn(text, " ");
	char number[16];
	uint64_t index;

	(void)snprintf(number, sizeof(number), "%.*s", (int)digits, text);
	if (number_parse(number, UINT16_MAX, &index) < 0 || text[digits] != ' ' ||
	    vf_attribute_parse(text + digits + 1, ' ', ret) < 0)
		return false;
	*ret_index = (unsigned)index;
	return true;
}

static bool attribute_valid(const struct step *step)
{
	struct vf_attribute attribute;
	unsigned index;

	return parse(step->want, &index, &attribute) &&
	       parse(step->found, &index, &attribute);
}

static void path_of(const struct step *step, char buf[static VF_ATTRIBUTE_PATH])
{
	struct vf_attribute attribute = {0};
	unsigned index = 0;

	(void)parse(step->want, &index, &attribute);
	(void)vf_attribute_path(index, attribute.name, buf);
}

static bool vf_attribute_write(const struct step *step, struct step_write *ret)
{
	const char *target = attribute_target(step);
	char path[VF_ATTRIBUTE_PATH];

	path_of(step, path);
	step_device_path(step, path, ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "%s", vf_text_value(target));
	return target[0];
}

static void vf_attribute_look(const struct step *step, struct child_request *ret)
{
	char path[VF_ATTRIBUTE_PATH];

	path_of(step, path);
	attribute_look(step, path, ret);
}

static enum step_verdict vf_attribute_judge(const struct step *step, const char *seen,
					    bool written)
{
	const char *start = step->direction == STEP_DO ? step->found : step->want;
	char value[VF_ATTRIBUTE_VALUE];

	(void)written;
	(void)vf_attribute_shown(seen, value);
	if (!strcmp(value, vf_text_value(attribute_target(step))))
		return STEP_REACHED;
	return !strcmp(value, vf_text_value(start)) ? STEP_GO : STEP_FOREIGN;
}

static void vf_attribute_describe(const struct step *step, char *buf, size_t size)
{
	const char *target = attribute_target(step);
	struct vf_attribute attribute = {0};
	unsigned index = 0;

	(void)parse(target[0] ? target : step->want, &index, &attribute);
	(void)snprintf(buf, size, "set %s to %s", attribute.name, attribute.value);
}

const struct step_ops step_vf_attribute = {
	.name = "vf-attribute",
	.deadline_ms = 30000,
	.aside = step_always,
	.valid = attribute_valid,
	.write = vf_attribute_write,
	.look = vf_attribute_look,
	.judge = vf_attribute_judge,
	.describe = vf_attribute_describe,
};

/* The same by the physical function, while the virtual one is still to be made. */
static void pf_path_of(const struct step *step, char buf[static VF_ATTRIBUTE_PATH])
{
	struct vf_attribute attribute = {0};
	unsigned index = 0;

	(void)parse(step->want, &index, &attribute);
	(void)vf_attribute_pf_path(index, attribute.name, buf);
}

static bool vfs_attribute_write(const struct step *step, struct step_write *ret)
{
	char path[VF_ATTRIBUTE_PATH];

	pf_path_of(step, path);
	step_device_path(step, path, ret->path);
	(void)snprintf(ret->value, sizeof(ret->value), "%s",
		       vf_text_value(attribute_target(step)));
	return true;
}

static void vfs_attribute_look(const struct step *step, struct child_request *ret)
{
	char path[VF_ATTRIBUTE_PATH];

	pf_path_of(step, path);
	attribute_look(step, path, ret);
}

/* The driver takes it all back with the functions: whatever it is now, it is set. */
static enum step_verdict vfs_attribute_judge(const struct step *step, const char *seen,
					     bool written)
{
	char value[VF_ATTRIBUTE_VALUE];

	(void)written;
	(void)vf_attribute_shown(seen, value);
	return !strcmp(value, vf_text_value(attribute_target(step))) ? STEP_REACHED
								     : STEP_GO;
}

/* What it was when those that were there had gone. */
static void vfs_attribute_learn(struct step *step, const char *seen)
{
	char head[LIMIT_NAME], value[VF_ATTRIBUTE_VALUE];

	(void)snprintf(step->found, sizeof(step->found), "%s %s",
		       vf_text_head(step->want, head), vf_attribute_shown(seen, value));
}

/* The function that a machine gets is set once more, and that has to hold. */
static bool vfs_attribute_tolerates(const struct step *step, int code)
{
	(void)step;
	return code != ENODEV;
}

static void vfs_attribute_describe(const struct step *step, char *buf, size_t size)
{
	struct vf_attribute attribute = {0};
	unsigned index = 0;

	(void)parse(attribute_target(step), &index, &attribute);
	(void)snprintf(buf, size, "set %s of function %u to %s", attribute.name, index,
		       attribute.value);
}

const struct step_ops step_vfs_attribute = {
	.name = "vfs-attribute",
	.deadline_ms = 30000,
	.shared = true,
	.learn = vfs_attribute_learn,
	.tolerates = vfs_attribute_tolerates,
	.valid = attribute_valid,
	.write = vfs_attribute_write,
	.look = vfs_attribute_look,
	.judge = vfs_attribute_judge,
	.describe = vfs_attribute_describe,
};

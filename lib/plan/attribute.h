/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/step.h"

/*
 * What steps on one attribute of the device share: it holds one text, and goes from
 * @found to @want and back.
 */
const char *attribute_target(const struct step *step);
/* Writes the target; an empty text is a newline: an empty write does nothing. */
bool attribute_write(const struct step *step, const char *name, struct step_write *ret);
/* Its text, "" if there is no such attribute. */
void attribute_look(const struct step *step, const char *name, struct child_request *ret);
/* Whatever it is now, the target is what it should be. */
enum step_verdict attribute_judge(const struct step *step, const char *seen);

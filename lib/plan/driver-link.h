/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/step.h"

/*
 * What unbinding and binding share: drivers/NAME/bind and unbind, which unlike
 * drivers_probe return the true error, and the device's driver link (kernel,
 * drivers/base/ bus.c and dd.c).
 */
bool driver_link_write(const struct step *step, const char *driver, bool bind,
		       struct step_write *ret);
void driver_link_look(const struct step *step, struct child_request *ret);
/* Bound to @driver, or to none, is where the step should end or starts from. */
enum step_verdict driver_link_judge(const char *driver, bool bind, const char *seen);

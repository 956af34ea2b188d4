/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/step.h"

/*
 * What removing a device from the kernel and finding it again share: @found is what it
 * answered before ("8086:10c9 group 14"), and what it has to answer at the same address
 * afterwards.
 */
bool device_presence_valid(const struct step *step);
/* The rescan of its bus alone (kernel, pci-sysfs.c, bus_rescan_store). */
bool device_presence_rescan(const struct step *step, struct step_write *ret);
void device_presence_look(const struct step *step, struct child_request *ret);
void device_presence_explain(const struct step *step, const char *seen, char *buf,
			     size_t size);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/vmfile.h"

/*
 * What is pending in a VM's config becomes current (qemu-server,
 * PVE::QemuServer, vmconfig_apply_pending and vmconfig_hotplug_pending).
 */

/* All of it. -EOPNOTSUPP with words: only qm can, for storage has to be told. */
int vmapply_stopped(struct vmfile *vm, struct err *err) _must_check_;
/* What no QEMU needs to know of; of the deletions those in the list @asked (NULL: none).
 */
int vmapply_running(struct vmfile *vm, const char *asked, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "run/session.h"

/*
 * What the configuration names beside devices and this host does not have, as warnings:
 * option ROMs, for which QEMU would fail behind the hook. A dry run has time for more:
 * protected addresses of no device, as notes.
 */
void absent_tell(struct session *session, const struct spec *spec);

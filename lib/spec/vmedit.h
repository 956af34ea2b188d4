/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/limits.h"
#include "spec/vmfile.h"

/*
 * A change of a VM's config with the meaning that `qm set` gives it (qemu-server,
 * PVE::API2::Qemu and PVE::QemuServer): it goes to [PENDING] first, and from there into
 * the current configuration where the machine lets it.
 */
struct vmedit {
	const char *set[LIMIT_SLOTS]; /* hostpciN, NULL: not given */
	const char *hookscript;	      /* a volume, NULL: not given */
	const char *remove;	      /* "a,b;c", NULL: not given */
	const char *revert;	      /* pending changes to forget, the same form */
	bool running;
};

/* The parameters alone, before any file is read. -EINVAL with words. */
int vmedit_check(const struct vmedit *edit, struct err *err) _must_check_;

/*
 * Applies @edit to @text (@file names it in messages). *@ret is the new text, data NULL
 * if qm would not write; the caller frees it. What is not there to be removed is a note.
 * -EINVAL, -EOPNOTSUPP with words; nothing has to be written then.
 */
int vmedit_apply(const struct vmedit *edit, const struct vmtext *text, const char *file,
		 struct vmtext *ret, struct notes *notes, struct err *err) _must_check_;

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How much it weighs that the host uses a device, or that the gate finds something. */
enum grade {
	GRADE_NEVER, /* no policy allows it */
	GRADE_ASK,   /* refused unless policy allows it for this device */
	GRADE_TELL,  /* said, and done */
	_GRADE_MAX,
};

extern const char *const grade_words[_GRADE_MAX];

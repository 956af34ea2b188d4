/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>

/*
 * SIGINT, SIGTERM and SIGHUP as a question that is asked at safe moments. They stay
 * blocked until the process ends: what takes back must not be cut short.
 */
struct cancel {
	int fd; /* a signalfd */
	bool asked;
};

#define CANCEL_NONE ((struct cancel){.fd = -1})

/* -errno. */
int cancel_begin(struct cancel *ret) _must_check_;
/* Takes what has come so far; true once one of the signals was among it. */
bool cancel_asked(struct cancel *cancel);
void cancel_end(struct cancel *cancel);

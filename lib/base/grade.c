/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/grade.h"

const char *const grade_words[_GRADE_MAX] = {"never", "ask", "tell"};

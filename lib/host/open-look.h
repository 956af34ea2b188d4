/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/limits.h"
#include "base/opener.h"

/*
 * The look LOOK_OPENERS, which goes through all processes, in a child. Its request is a
 * line "MAJOR MINOR PATH" for each device file, its answer a line "NUMBER PID" for each
 * that a process has open, NUMBER counting the lines of the request from 0; at most
 * LIMIT_OPENERS for each.
 */
int open_look(const struct root *root, const char *request, char *buf, size_t size);

/* The device files of a request; how many. */
size_t open_look_parse(const char *text, struct node node[static LIMIT_NODES]);
/* Writes the line of @node at @at of @buf; where it ends, or 0: there is no more room. */
size_t open_look_line(const struct node *node, char *buf, size_t size, size_t at);
/* Reads one line of an answer and moves *@text behind it; false: there is none. */
bool open_look_next(const char **text, size_t *ret_node, pid_t *ret_pid);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"

/*
 * Prints into a fixed member, cut to its size. Names and commands of others are in it: a
 * control character becomes '?', so that nobody writes a line of ours.
 */
#define SAY(member, ...) say((member), sizeof(member), __VA_ARGS__)
void say(char *to, size_t size, const char *fmt, ...) _printf_(3, 4);
/* The same to a text that is there, but for tabs: lines of files are quoted as they are.
 */
void say_clean(char *text);
/* Adds to what is there. */
#define SAY_MORE(member, ...) say_more((member), sizeof(member), __VA_ARGS__)
void say_more(char *to, size_t size, const char *fmt, ...) _printf_(3, 4);

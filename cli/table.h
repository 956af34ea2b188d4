/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-c/json.h>
#include <stddef.h>

/* Prints objects as a table: the members called @column, below these names in capitals; a
 * list as "a, b"; "-" for what is null, empty or not there. Without a row it prints
 * @none. */
void table_print(struct json_object *rows, const char *const *column, size_t columns,
		 const char *none);

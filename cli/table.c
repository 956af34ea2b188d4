/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

#include <ctype.h>
#include <libsmartcols.h>
#include <stdio.h>

enum { CELL = 256 };

/* "100, 101" */
static void join(struct json_object *list, char *buf, size_t size)
{
	size_t at = 0, n = json_object_array_length(list);

	buf[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(
			buf + at, size - at, "%s%s", i ? ", " : "",
			json_object_get_string(json_object_array_get_idx(list, i)));
}

static const char *cell(struct json_object *row, const char *name, char buf[static CELL])
{
	struct json_object *value;
	const char *text = buf;

	if (!json_object_object_get_ex(row, name, &value) || !value)
		return "-";
	if (json_object_is_type(value, json_type_array))
		join(value, buf, CELL);
	else
		text = json_object_get_string(value);
	return text && text[0] ? text : "-";
}

static void add_column(struct libscols_table *table, const char *name)
{
	char head[32];
	size_t i = 0;

	for (; name[i] && i + 1 < sizeof(head); i++)
		head[i] = (char)toupper((unsigned char)name[i]);
	head[i] = '\0';
	(void)scols_table_new_column(table, head, 0, 0);
}

void table_print(struct json_object *rows, const char *const *column, size_t columns,
		 const char *none)
{
	struct libscols_table *table = scols_new_table();
	size_t n = json_object_array_length(rows);
	char buf[CELL];

	for (size_t c = 0; table && c < columns; c++)
		add_column(table, column[c]);
	for (size_t i = 0; table && i < n; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);
		struct json_object *row = json_object_array_get_idx(rows, i);

		for (size_t c = 0; line && c < columns; c++)
			(void)scols_line_set_data(line, c, cell(row, column[c], buf));
	}
	if (n)
		(void)scols_print_table(table);
	else
		(void)printf("%s\n", none);
	scols_unref_table(table);
}

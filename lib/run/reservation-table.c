/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/reservation-table.h"

#include <errno.h>
#include <string.h>

void reservation_table_free(struct reservation_table *table)
{
	free(table->item);
	*table = (struct reservation_table){0};
}

static size_t hex(const char *s)
{
	return strspn(s, "0123456789abcdef");
}

/* Length of (DDDD+:)?BB:SS(.F)?, 0: something else. */
static size_t address_span(const char *s)
{
	size_t n = hex(s), at = 0;

	if (n >= 4 && s[n] == ':')
		at = n + 1;
	if (hex(s + at) != 2 || s[at + 2] != ':' || hex(s + at + 3) != 2)
		return 0;
	at += 5;
	if (s[at] == '.' && hex(s + at + 1) >= 1)
		at += 2;
	return at;
}

static bool copy_part(char *to, size_t size, const char **s, size_t n)
{
	if (!n || n >= size)
		return false;
	memcpy(to, *s, n);
	to[n] = '\0';
	*s += n;
	return true;
}

static bool skip_blank(const char **s)
{
	return **s && strchr(" \t\v\f\r", **s) && (*s)++;
}

/* False: a line that Proxmox does not know, and drops when it next writes. */
static bool parse_line(const char *s, struct reservation_entry *ret)
{
	static const char digits[] = "0123456789";

	if (!copy_part(ret->name, sizeof(ret->name), &s, address_span(s)) ||
	    !skip_blank(&s) ||
	    !copy_part(ret->vmid, sizeof(ret->vmid), &s, strspn(s, digits)) ||
	    !skip_blank(&s))
		return false;
	ret->pid = !strncmp(s, "pid:", 4);
	if (!ret->pid && strncmp(s, "time:", 5) != 0)
		return false;
	s += ret->pid ? 4 : 5;
	return copy_part(ret->value, sizeof(ret->value), &s, strspn(s, digits)) && !*s;
}

struct reservation_entry *reservation_table_find(const struct reservation_table *table,
						 const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (!strcmp(table->item[i].name, name))
			return &table->item[i];
	return NULL;
}

int reservation_table_put(struct reservation_table *table,
			  const struct reservation_entry *entry)
{
	struct reservation_entry *old = reservation_table_find(table, entry->name),
				 *grown;
	size_t at = 0;

	if (old) {
		*old = *entry;
		return 0;
	}
	grown = realloc(table->item, (table->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	table->item = grown;
	while (at < table->n && strcmp(grown[at].name, entry->name) < 0)
		at++;
	memmove(&grown[at + 1], &grown[at], (table->n - at) * sizeof(*grown));
	grown[at] = *entry;
	table->n++;
	return 0;
}

int reservation_table_parse(char *text, struct reservation_table *ret)
{
	struct reservation_table table = {0};
	struct reservation_entry entry = {.asked = false};
	char *line;
	int r = 0;

	while (r == 0 && (line = strsep(&text, "\n")))
		if (parse_line(line, &entry))
			r = reservation_table_put(&table, &entry);
	if (r < 0)
		reservation_table_free(&table);
	else
		*ret = table;
	return r;
}

char *reservation_table_print(const struct reservation_table *table, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < table->n; i++)
		(void)fprintf(out, "%s %s %s:%s\n", table->item[i].name,
			      table->item[i].vmid, table->item[i].pid ? "pid" : "time",
			      table->item[i].value);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/section.h"

#include <string.h>

char *section_line(struct section_reader *reader)
{
	char *line;

	while ((line = strsep(&reader->rest, "\n"))) {
		reader->line++;
		if (line[strspn(line, SECTION_BLANKS)] != '#')
			return line;
	}
	return NULL;
}

bool section_is_end(const char *line)
{
	return !line || !line[0] || !strcmp(line, "0");
}

bool section_property(char *line, char **ret_key, char **ret_value)
{
	size_t indent = strspn(line, SECTION_BLANKS), n;
	char *key = line + indent, *value, *end;

	n = strcspn(key, SECTION_BLANKS);
	if (!indent || !n)
		return false;
	value = key + n + strspn(key + n, SECTION_BLANKS);
	end = value + strlen(value);
	while (end > value && strchr(SECTION_BLANKS, end[-1]))
		*--end = '\0';
	key[n] = '\0';
	*ret_key = key;
	*ret_value = *value ? value : NULL;
	return true;
}

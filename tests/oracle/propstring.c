/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads values of hostpciN lines from standard input, each a line of hexadecimal bytes,
 * and prints what the parser makes of each, a line of JSON. Driven by run-propstring.
 */
#include <json-c/json.h>
#include <string.h>

#include "spec/propstring.h"

static int nibble(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* In place; false: not hexadecimal. */
static bool decode(char *line)
{
	size_t n = strcspn(line, "\n");

	for (size_t i = 0; i + 1 < n; i += 2) {
		int high = nibble(line[i]), low = nibble(line[i + 1]);

		if (high < 0 || low < 0)
			return false;
		line[i / 2] = (char)(high * 16 + low);
	}
	line[n / 2] = '\0';
	return n % 2 == 0;
}

static struct json_object *addresses_json(const struct address_list *list)
{
	struct json_object *a = json_object_new_array();

	for (unsigned i = 0; i < list->n; i++)
		json_object_array_add(a, json_object_new_string(list->item[i].text));
	return a;
}

static struct json_object *value_json(const struct key *key, const struct wish *wish)
{
	const char *at = (const char *)wish + key->offset;

	switch (key->type) {
	case KEY_TYPE_BOOL:
		return json_object_new_int(*(const bool *)at);
	case KEY_TYPE_INT:
		return json_object_new_int(*(const int *)(const void *)at);
	case KEY_TYPE_WORD:
		return json_object_new_string(key->words[*(const int *)(const void *)at]);
	case KEY_TYPE_TEXT:
		return json_object_new_string(at);
	case KEY_TYPE_TEXTS: /* in no line of Proxmox's */
		break;
	case KEY_TYPE_ADDRESSES:
		return addresses_json((const struct address_list *)(const void *)at);
	case KEY_TYPE_RESET:
	case KEY_TYPE_BAR_SIZES:
		break; /* in no property string */
	}
	return NULL;
}

static void answer(const char *text)
{
	struct json_object *o = json_object_new_object(), *parsed;
	struct wish wish;
	struct err err;
	int r = propstring_parse(text, &wish, &err);

	json_object_object_add(o, "ok", json_object_new_boolean(r == 0));
	if (r == 0) {
		parsed = json_object_new_object();
		for (int i = 0; i < _KEY_MAX; i++)
			if (wish_has(&wish, (enum key_id)i))
				json_object_object_add(parsed, key_table[i].name,
						       value_json(&key_table[i], &wish));
		json_object_object_add(o, "parsed", parsed);
	} else {
		json_object_object_add(o, "error", json_object_new_string(err.msg));
	}
	(void)printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

int main(void)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) >= 0) {
		if (!decode(line)) {
			(void)fprintf(stderr, "propstring: not hexadecimal\n");
			return 1;
		}
		answer(line);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmformat.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "spec/propstring.h"
#include "spec/vmoption.h"

bool vmformat_matches(const char *pattern, const char *text)
{
	_cleanup_free_ char *whole = NULL, *copy = strdup(text);
	size_t n = strlen(text);
	regex_t regex;
	bool match;

	if (!copy || asprintf(&whole, "^(%s)$", pattern) < 0) {
		whole = NULL;
		return false;
	}
	if (n && copy[n - 1] == '\n')
		copy[n - 1] = '\0';
	if (regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	match = regexec(&regex, copy, 0, NULL, 0) == 0;
	regfree(&regex);
	return match;
}

bool vmformat_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *w = words; n && w; w = strchr(w, '|'), w = w ? w + 1 : NULL)
		if (strcspn(w, "|") == n && !strncmp(w, word, n))
			return true;
	return false;
}

static int find(const struct vmformat *format, const char *name)
{
	for (int i = 0; format->key[i].name; i++)
		if (!strcmp(format->key[i].name, name))
			return i;
	return -1;
}

static int find_bare(const struct vmformat *format)
{
	for (int i = 0; format->key[i].name; i++)
		if (format->key[i].bare)
			return i;
	return -1;
}

static int unknown(const struct vmformat *format, const char *name, struct err *err)
{
	char hint[KEY_HINT] = "";

	return err_set(err, EINVAL, "unknown option '%.60s'%s", name,
		       format == &vmformat_hostpci ? key_hint(name, KEY_IN_PROXMOX, hint)
						   : hint);
}

static int store(struct vmformat_values *v, const char *name, const char *value,
		 struct err *err)
{
	const struct vmformat_key *key;
	int i = find(v->format, name), other;
	bool flag;

	if (i < 0)
		return unknown(v->format, name, err);
	key = &v->format->key[i];
	if (v->value[i])
		return propstring_twice(name, err);
	if (key->becomes) {
		other = find(v->format, key->becomes);
		if (v->value[other])
			return propstring_twice(key->becomes, err);
		v->value[other] = key->name;
	}
	if (key->alias) {
		i = find(v->format, key->alias);
		key = &v->format->key[i];
	}
	if (key->kind == VMFORMAT_KIND_BOOL && key_parse_bool(value, &flag) == 0)
		value = flag ? "1" : "0";
	v->value[i] = value;
	return 0;
}

static int store_bare(struct vmformat_values *v, const char *value, struct err *err)
{
	int bare = find_bare(v->format);

	if (bare < 0)
		return err_set(err, EINVAL, "'%.60s': KEY=VALUE is needed", value);
	if (!propstring_is_false(v->value[bare]))
		return propstring_twice(v->format->key[bare].name, err);
	v->value[bare] = value;
	return 0;
}

static bool in_range(const struct vmformat_key *key, const char *value)
{
	double number;

	if (!vmformat_matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?",
			      value))
		return true;
	number = strtod(value, NULL);
	return !(key->has_min && number < (double)key->min) &&
	       !(key->max && number > (double)key->max);
}

static bool right_kind(enum vmformat_kind kind, const char *value)
{
	switch (kind) {
	case VMFORMAT_KIND_TEXT:
		return true;
	case VMFORMAT_KIND_BOOL:
		return !strcmp(value, "0") || !strcmp(value, "1");
	case VMFORMAT_KIND_INTEGER:
		return vmformat_matches("[+-]?[0-9]+", value);
	case VMFORMAT_KIND_NUMBER:
		return vmformat_matches(
			"[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?", value);
	}
	return false;
}

/* The form of a device's property is in the key table. */
static int wrong_form(const struct vmformat *format, const char *name, const char *value,
		      struct err *err)
{
	const struct key *key =
		format == &vmformat_hostpci ? key_find(name, KEY_IN_PROXMOX) : NULL;

	return err_set(err, EINVAL, "'%s' has the wrong form: '%.60s'%s%s%s", name, value,
		       key && key->form ? " (it takes " : "",
		       key && key->form ? key->form : "", key && key->form ? ")" : "");
}

static int check(const struct vmformat *format, const struct vmformat_key *key,
		 const char *value, struct err *err)
{
	static const char *const kinds[] = {"", "0 or 1", "a whole number", "a number"};

	if (!right_kind(key->kind, value))
		return err_set(err, EINVAL, "'%s' is '%.60s', not %s", key->name, value,
			       kinds[key->kind]);
	if (key->words && !vmformat_word(key->words, value))
		return err_set(err, EINVAL, "'%s' is '%.60s', not one of %.400s",
			       key->name, value, key->words);
	if ((key->valid && !key->valid(value)) ||
	    (key->pattern && !vmformat_matches(key->pattern, value)))
		return wrong_form(format, key->name, value, err);
	if (key->length && strlen(value) > key->length)
		return err_set(err, EINVAL, "'%s' is longer than %zu characters",
			       key->name, key->length);
	if (!in_range(key, value))
		return err_set(err, EINVAL, "'%s' is %.60s, out of range", key->name,
			       value);
	return 0;
}

static int check_all(const struct vmformat_values *v, struct err *err)
{
	const struct vmformat *format = v->format;

	for (int i = 0; format->key[i].name; i++) {
		const struct vmformat_key *key = &format->key[i];

		if (v->value[i] && check(format, key, v->value[i], err) < 0)
			return -EINVAL;
		if (!v->value[i] && key->required)
			return err_set(err, EINVAL, "'%s' is missing", key->name);
		if (v->value[i] && key->needs && !vmformat_get(v, key->needs))
			return err_set(err, EINVAL, "'%s' needs '%s'", key->name,
				       key->needs);
	}
	if (format->valid && !format->valid(v->value))
		return err_set(err, EINVAL, "is not one that Proxmox knows");
	return 0;
}

int vmformat_parse(const struct vmformat *format, const char *text,
		   struct vmformat_values *ret, struct err *err)
{
	struct vmformat_values v = {.format = format, .text = strdup(text)};
	char *rest = v.text;
	struct property p;
	int r;

	if (!v.text)
		return err_set(err, ENOMEM, "out of memory");
	while ((r = propstring_next(&rest, &p, err)) > 0) {
		r = p.name ? store(&v, p.name, p.value, err)
			   : store_bare(&v, p.value, err);
		if (r < 0)
			break;
	}
	if (r == 0)
		r = check_all(&v, err);
	if (r < 0) {
		free(v.text);
		return r;
	}
	*ret = v;
	return 0;
}

void vmformat_values_free(struct vmformat_values *values)
{
	free(values->text);
	*values = (struct vmformat_values){0};
}

const char *vmformat_get(const struct vmformat_values *values, const char *key)
{
	int i = find(values->format, key);

	return i < 0 ? NULL : values->value[i];
}

char *vmformat_print(const struct vmformat_values *values)
{
	const struct vmformat_key *key = values->format->key;
	bool done[VMFORMAT_KEYS] = {false};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int bare = find_bare(values->format), next;
	const char *comma = "";

	if (!f)
		return NULL;
	if (bare >= 0 && values->value[bare]) {
		(void)fputs(values->value[bare], f);
		done[bare] = true;
		comma = ",";
	}
	do {
		next = -1;
		for (int i = 0; key[i].name; i++)
			if (!done[i] && values->value[i] &&
			    (next < 0 || strcmp(key[i].name, key[next].name) < 0))
				next = i;
		if (next >= 0) {
			(void)fprintf(f, "%s%s=%s", comma, key[next].name,
				      values->value[next]);
			done[next] = true;
			comma = ",";
		}
	} while (next >= 0);
	(void)fclose(f);
	return text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmoption.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "spec/key.h"

static bool is_named(const struct vmoption *o, const char *name)
{
	size_t n = strlen(o->name);
	uint64_t number;

	if (!o->count)
		return !strcmp(o->name, name);
	name += strncmp(name, o->name, n) != 0 ? strlen(name) : n;
	return number_parse(name, o->count - 1, &number) == 0 &&
	       (name[0] != '0' || !name[1]);
}

const struct vmoption *vmoption_find(const char *name)
{
	for (const struct vmoption *o = vmoption_list; o->name; o++)
		if (is_named(o, name))
			return o;
	return NULL;
}

bool vmoption_is_drive(const char *name)
{
	const struct vmoption *o = vmoption_find(name);

	return o && o->effect == VMOPTION_EFFECT_VOLUME && o->format &&
	       strncmp(name, "unused", 6) != 0 && strcmp(name, "cdrom") != 0;
}

bool vmoption_is_cloudinit(const char *volume)
{
	return volume && vmformat_matches(".*[:/](vm-[0-9]+-)?cloudinit"
					  "(\\.(raw|qcow|qcow2|qed|vmdk|cloop))?",
					  volume);
}

const char *vmoption_word(const char **text, size_t *ret_size)
{
	static const char between[] = ",; \t\n\v\f\r";
	const char *word = *text + strspn(*text, between);

	*ret_size = strcspn(word, between);
	*text = word + *ret_size;
	return *ret_size ? word : NULL;
}

bool vmoption_listed(const char *list, const char *name)
{
	const char *word;
	size_t n;

	while (list && (word = vmoption_word(&list, &n)))
		if (strlen(name) == n && !strncmp(word, name, n))
			return true;
	return false;
}

static bool all_digits(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

/* A whole number without leading zeros; one too large for Perl's integers becomes a
 * floating-point number, which the next look at it does not take. */
static char *integer_text(const char *digits)
{
	uint64_t number;
	char *text = NULL;
	int r;

	if (number_parse(digits, UINT64_MAX, &number) == 0)
		r = asprintf(&text, "%llu", (unsigned long long)number);
	else
		r = asprintf(&text, "%.15g", strtod(digits, NULL));
	return r < 0 ? NULL : text;
}

static int keep(char *text, char **ret, size_t *ret_size, struct err *err)
{
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	*ret = text;
	*ret_size = strlen(text);
	return 0;
}

/* Text without a form loses one pair of quotes. */
static int keep_text(const char *value, size_t size, char **ret, size_t *ret_size,
		     struct err *err)
{
	bool quoted = size >= 2 && value[0] == '"' && value[size - 1] == '"';
	char *copy = malloc(size + 1);

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	size -= quoted ? 2 : 0;
	memcpy(copy, value + quoted, size);
	copy[size] = '\0';
	*ret = copy;
	*ret_size = size;
	return 0;
}

static int keep_formatted(const struct vmoption *o, const char *value, char **ret,
			  size_t *ret_size, struct err *err)
{
	struct vmformat_values values;
	int r;

	if (o->format) {
		r = vmformat_parse(o->format, value, &values, err);
		if (r < 0)
			return r;
		vmformat_values_free(&values);
	} else if (!o->valid(value)) {
		return err_set(err, EINVAL, "'%.60s' has the wrong form", value);
	}
	return keep(strdup(value), ret, ret_size, err);
}

int vmoption_value(const struct vmoption *option, const char *value, size_t size,
		   char **ret, size_t *ret_size, struct err *err)
{
	bool flag;

	if (memchr(value, '\n', size) || memchr(value, '\r', size))
		return err_set(err, EINVAL, "a line end is within the value");
	if (option->type == VMOPTION_TYPE_TEXT && !option->format && !option->valid)
		return keep_text(value, size, ret, ret_size, err);
	if (memchr(value, '\0', size))
		return err_set(err, EINVAL, "a NUL byte is within the value");
	switch (option->type) {
	case VMOPTION_TYPE_TEXT:
		return keep_formatted(option, value, ret, ret_size, err);
	case VMOPTION_TYPE_BOOL:
		if (key_parse_bool(value, &flag) < 0)
			return err_set(err, EINVAL, "'%.60s' is not yes or no", value);
		return keep(strdup(flag ? "1" : "0"), ret, ret_size, err);
	case VMOPTION_TYPE_INTEGER:
		if (!all_digits(value))
			return err_set(err, EINVAL, "'%.60s' is no whole number", value);
		return keep(integer_text(value), ret, ret_size, err);
	case VMOPTION_TYPE_NUMBER:
		if (!vmformat_matches("[0-9]+(\\.[0-9]+)?", value))
			return err_set(err, EINVAL, "'%.60s' is no number", value);
		return keep(strdup(value), ret, ret_size, err);
	}
	return -EINVAL;
}

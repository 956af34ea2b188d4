/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/quirks.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/fileio.h"
#include "base/name.h"
#include "base/words.h"
#include "spec/policy-text.h"

struct reader {
	const char *file;
	struct quirks *quirks;
};

/* What one key of an entry takes; @at is its member in struct quirk. */
enum quirk_type { QUIRK_BOOL, QUIRK_D3COLD, QUIRK_CHAIN, QUIRK_DELAY, QUIRK_TEXT };

static const struct quirk_key {
	const char *name;
	enum quirk_type type;
	size_t at, size;
	const char *takes;
} quirk_keys[] = {
	{"name", QUIRK_TEXT, offsetof(struct quirk, name), 64, "a text in quotes"},
	{"source", QUIRK_TEXT, offsetof(struct quirk, source), 128, "a text in quotes"},
	{"module", QUIRK_TEXT, offsetof(struct quirk, module), LIMIT_NAME,
	 "the name of a module, in quotes"},
	{"no-reset", QUIRK_BOOL, offsetof(struct quirk, no_reset), 0, "true or false"},
	{"avoid", QUIRK_CHAIN, offsetof(struct quirk, avoid), 0,
	 "reset methods in quotes: [ \"flr\" ]"},
	{"method", QUIRK_CHAIN, offsetof(struct quirk, method), 0,
	 "reset methods in quotes: [ \"device_specific\" ]"},
	{"delay-ms", QUIRK_DELAY, offsetof(struct quirk, delay_ms), 0,
	 "a number from 1 to 10000"},
	{"d3cold", QUIRK_D3COLD, offsetof(struct quirk, d3cold), 0, "true or false"},
};

static bool take_chain(config_setting_t *s, struct reset_chain *chain)
{
	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return false;
	for (int i = 0; i < config_setting_length(s); i++) {
		const char *word = config_setting_get_string_elem(s, i);

		if (!word || !reset_chain_add(chain, words_find(reset_method_words,
								_RESET_METHOD_MAX, word)))
			return false;
	}
	return chain->n > 0;
}

static bool take_text(config_setting_t *s, char *to, size_t size)
{
	const char *text = config_setting_get_string(s);

	if (!text || !text[0] || strlen(text) >= size)
		return false;
	for (const char *c = text; *c; c++)
		if (!isprint((unsigned char)*c))
			return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

static bool take_bool(config_setting_t *s, bool *ret)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return false;
	*ret = config_setting_get_bool(s) != 0;
	return true;
}

static bool take(const struct quirk_key *key, config_setting_t *s, struct quirk *quirk)
{
	void *to = (char *)quirk + key->at;
	bool yes;

	switch (key->type) {
	case QUIRK_TEXT:
		return take_text(s, to, key->size) &&
		       (to != quirk->module || name_valid(quirk->module));
	case QUIRK_BOOL:
		return take_bool(s, to);
	case QUIRK_D3COLD:
		if (!take_bool(s, &yes))
			return false;
		*(int *)to = yes;
		return true;
	case QUIRK_CHAIN:
		return take_chain(s, to);
	case QUIRK_DELAY:
		*(int *)to = config_setting_get_int(s);
		return config_setting_type(s) == CONFIG_TYPE_INT && *(int *)to >= 1 &&
		       *(int *)to <= LIMIT_SETTLE_MS;
	}
	return false;
}

/* @n hexadecimal digits at @text, the rest of them "*" if @mask; false: neither. */
static bool parse_hex(const char *text, size_t n, uint16_t *value, uint16_t *mask)
{
	*value = 0;
	for (size_t i = 0; i < n; i++) {
		int c = tolower((unsigned char)text[i]);

		if (c == '*' && mask && !text[i + 1]) {
			*value = (uint16_t)(*value << 4 * (n - i));
			*mask = (uint16_t)(0xffffU << 4 * (n - i));
			return true;
		}
		if (!isxdigit(c))
			return false;
		*value = (uint16_t)(*value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10));
	}
	return true;
}

/* "168c:0030", "10de:234*", "1002:*" */
static bool parse_id(const char *text, struct quirk *quirk)
{
	quirk->product_mask = 0xffff;
	return parse_hex(text, 4, &quirk->vendor, NULL) && text[4] == ':' &&
	       parse_hex(text + 5, 4, &quirk->product, &quirk->product_mask) &&
	       (strchr(text, '*') || !text[9]);
}

static int append(struct quirks *quirks, const struct quirk *quirk)
{
	struct quirk *grown;

	if (quirks->n == LIMIT_QUIRKS)
		return -E2BIG;
	grown = realloc(quirks->item, (quirks->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	quirks->item = grown;
	grown[quirks->n++] = *quirk;
	return 0;
}

/* One quirk for each of the ids. */
static int append_all(const struct reader *r, config_setting_t *ids, struct quirk *quirk,
		      struct err *err)
{
	unsigned line = config_setting_source_line(ids);
	int ret = 0;

	for (int i = 0; ret == 0 && i < config_setting_length(ids); i++) {
		const char *id = config_setting_get_string_elem(ids, i);

		if (!id || !parse_id(id, quirk))
			return err_at(
				err, EINVAL, r->file, line,
				"'%s' is no id, like \"168c:0030\" or \"10de:234*\"",
				id ? id : "?");
		ret = append(r->quirks, quirk);
	}
	return ret < 0 ? err_at(err, -ret, r->file, line, "%s",
				ret == -E2BIG ? "there are too many quirks"
					      : "out of memory")
		       : 0;
}

static int take_class(const struct reader *r, config_setting_t *s, struct quirk *quirk,
		      struct err *err)
{
	const char *text = config_setting_get_string(s);
	uint16_t value;

	if (!text || strlen(text) != 4 || !parse_hex(text, 4, &value, NULL))
		return err_at(
			err, EINVAL, r->file, config_setting_source_line(s),
			"'class' takes four hexadecimal digits in quotes: \"0300\"");
	quirk->class_code = value;
	return 0;
}

static int take_setting(const struct reader *r, config_setting_t *s, struct quirk *quirk,
			struct err *err)
{
	const char *name = config_setting_name(s);
	unsigned line = config_setting_source_line(s);

	if (!strcmp(name, "class"))
		return take_class(r, s, quirk, err);
	if (!strcmp(name, "ids"))
		return 0; /* after all others */
	for (size_t i = 0; i < ARRAY_SIZE(quirk_keys); i++) {
		if (strcmp(quirk_keys[i].name, name) != 0)
			continue;
		if (take(&quirk_keys[i], s, quirk))
			return 0;
		return err_at(err, EINVAL, r->file, line, "'%s' takes %s", name,
			      quirk_keys[i].takes);
	}
	return err_at(err, EINVAL, r->file, line,
		      "unknown key '%s': remove it (hostpci-quirks.conf(5) names all)",
		      name);
}

static int read_entry(const struct reader *r, config_setting_t *entry, struct err *err)
{
	unsigned line = config_setting_source_line(entry);
	struct quirk quirk = {.class_code = -1, .d3cold = -1};
	config_setting_t *ids;

	if (!config_setting_is_group(entry))
		return err_at(err, EINVAL, r->file, line,
			      "a quirk is a group: { ids = [ \"168c:0030\" ]; ... }");
	for (int i = 0; i < config_setting_length(entry); i++) {
		int ret = take_setting(r, config_setting_get_elem(entry, (unsigned)i),
				       &quirk, err);

		if (ret < 0)
			return ret;
	}
	ids = config_setting_get_member(entry, "ids");
	if (!ids || !config_setting_is_array(ids) || !config_setting_length(ids))
		return err_at(err, EINVAL, r->file, line,
			      "a quirk needs ids = [ \"168c:0030\" ];");
	if (!quirk.name[0] || !quirk.source[0])
		return err_at(err, EINVAL, r->file, line,
			      "a quirk needs name and source: where is it known from?");
	return append_all(r, ids, &quirk, err);
}

static int read_top(void *context, config_setting_t *top, struct err *err)
{
	const struct reader *r = context;
	config_setting_t *list = config_setting_get_member(top, "quirks");

	if (!config_setting_length(top)) /* all of it is a comment */
		return 0;
	if (config_setting_length(top) != 1 || !list || !config_setting_is_list(list))
		return err_at(err, EINVAL, r->file, 1,
			      "may hold nothing but quirks = ( { ... }, { ... } );");
	for (int i = 0; i < config_setting_length(list); i++) {
		int ret = read_entry(r, config_setting_get_elem(list, (unsigned)i), err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

int quirks_parse(const char *text, size_t size, const char *file, struct quirks *ret,
		 struct err *err)
{
	struct reader reader = {file, ret};

	return policy_text(text, size, file, read_top, &reader, err);
}

static int load_file(const struct root *root, const char *file, struct quirks *ret,
		     struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read_trusted(root, file, LIMIT_CONFIG, &text, &size, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return quirks_parse(text, size, file, ret, err);
}

int quirks_load(const struct root *root, struct quirks *ret, struct err *err)
{
	int r = load_file(root, "/etc/hostpci/quirks.conf", ret, err);

	return r < 0 ? r : load_file(root, "/usr/share/hostpci/quirks.conf", ret, err);
}

const struct quirk *quirks_find(const struct quirks *quirks, uint16_t vendor,
				uint16_t product, uint32_t class_code)
{
	for (size_t i = 0; i < quirks->n; i++) {
		const struct quirk *q = &quirks->item[i];

		if (q->vendor == vendor && (product & q->product_mask) == q->product &&
		    (q->class_code < 0 || (uint32_t)q->class_code == class_code >> 8))
			return q;
	}
	return NULL;
}

void quirks_free(struct quirks *quirks)
{
	free(quirks->item);
	*quirks = (struct quirks){0};
}

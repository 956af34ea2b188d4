/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/key.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/words.h"

const struct key *key_find(const char *name, unsigned where)
{
	for (size_t i = 0; i < _KEY_MAX; i++)
		if (key_table[i].where & where && !strcmp(key_table[i].name, name))
			return &key_table[i];
	return NULL;
}

const struct key *key_nearest(const char *name, unsigned where)
{
	const struct key *nearest = NULL;
	unsigned best = words_far(name);

	for (size_t i = 0; i < _KEY_MAX; i++) {
		unsigned d = words_distance(name, key_table[i].name);

		if (key_table[i].where & where && d < best) {
			best = d;
			nearest = &key_table[i];
		}
	}
	return nearest;
}

const char *key_hint(const char *name, unsigned where, char buf[static KEY_HINT])
{
	const struct key *near = key_nearest(name, where);
	bool policy = !(where & KEY_IN_PROXMOX);

	if (near)
		(void)snprintf(buf, KEY_HINT, " (did you mean '%s'?)", near->name);
	else if (where & KEY_IN_VM && key_find(name, KEY_IN_DEVICE))
		(void)snprintf(buf, KEY_HINT, ": it belongs into hostpciN = { ... }");
	else if (where & KEY_IN_DEVICE && key_find(name, KEY_IN_VM))
		(void)snprintf(buf, KEY_HINT, ": it belongs outside of hostpciN");
	else if (where & (KEY_IN_VM | KEY_IN_DEVICE) && key_find(name, KEY_IN_HOST))
		(void)snprintf(buf, KEY_HINT, ": it belongs into hostpci.conf");
	else if (where & KEY_IN_HOST && key_find(name, KEY_IN_VM))
		(void)snprintf(buf, KEY_HINT, ": it belongs into a machine's policy%s",
			       key_find(name, KEY_IN_DRIVERS)
				       ? ", or into drivers = ( { ... } )"
				       : "");
	else if (where & KEY_IN_HOST && key_find(name, KEY_IN_SRIOV))
		(void)snprintf(buf, KEY_HINT, ": it belongs into sriov = ( { ... } )");
	else if (where & KEY_IN_HOST && key_find(name, KEY_IN_DRIVERS))
		(void)snprintf(buf, KEY_HINT, ": it belongs into drivers = ( { ... } )");
	else if (policy && !strncmp(name, "hostpci", strlen("hostpci")))
		(void)snprintf(buf, KEY_HINT, ": %s",
			       where & KEY_IN_VM
				       ? "there are hostpci0 to hostpci15"
				       : "devices are declared in vm/VMID.conf");
	else
		(void)snprintf(buf, KEY_HINT, ": remove it (%s names all)",
			       where & (KEY_IN_HOST | KEY_IN_SRIOV | KEY_IN_DRIVERS)
				       ? "hostpci.conf(5)"
			       : policy ? "hostpci-vm.conf(5)"
					: "hostpciN in qm(1)");
	return buf;
}

static void *member(const struct key *key, struct wish *wish)
{
	wish->set |= UINT64_C(1) << (key - key_table);
	return (char *)wish + key->offset;
}

size_t key_size(const struct key *key)
{
	switch (key->type) {
	case KEY_TYPE_BOOL:
		return sizeof(bool);
	case KEY_TYPE_WORD:
	case KEY_TYPE_INT:
		return sizeof(int);
	case KEY_TYPE_TEXT:
		return (size_t)key->max;
	case KEY_TYPE_ADDRESSES:
		return sizeof(struct address_list);
	case KEY_TYPE_TEXTS:
		return sizeof(struct text_list);
	case KEY_TYPE_RESET:
		return sizeof(struct reset_wish);
	case KEY_TYPE_BAR_SIZES:
		return sizeof(struct bar_sizes);
	}
	return 0;
}

void wish_take(struct wish *wish, const struct wish *from, enum key_id id)
{
	const struct key *key = &key_table[id];

	memcpy(member(key, wish), (const char *)from + key->offset, key_size(key));
}

void wish_add_vf(struct wish *wish, const struct wish *from)
{
	for (int id = KEY_MAC; id <= KEY_VF_ATTRIBUTES; id++)
		if (wish_has(from, (enum key_id)id) && !wish_has(wish, (enum key_id)id))
			wish_take(wish, from, (enum key_id)id);
}

/* "host, vfio, none" */
static void list_words(const struct key *key, char *buf, size_t size)
{
	size_t at = 0;

	for (int i = 0; i < (int)key->max && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "",
				       key->words[i]);
}

int key_wrong_type(const struct key *key, struct err *err)
{
	static const char *const wanted[] = {
		[KEY_TYPE_BOOL] = "true or false, without quotes",
		[KEY_TYPE_WORD] = "one of its words, in quotes: ",
		[KEY_TYPE_INT] = "a number",
		[KEY_TYPE_TEXT] = "a text in quotes",
		[KEY_TYPE_ADDRESSES] =
			"PCI addresses in quotes: [\"01:00.0\", \"02:00\"]",
		[KEY_TYPE_TEXTS] = "a list of texts in quotes: [\"one\", \"two\"]",
		[KEY_TYPE_RESET] = "none, default, or methods, in quotes: [\"flr\"]",
		[KEY_TYPE_BAR_SIZES] = "BARs with their sizes, in quotes: [\"0:16G\"]",
	};
	char more[128] = "";

	if (key->type == KEY_TYPE_WORD)
		list_words(key, more, sizeof(more));
	else if (key->type == KEY_TYPE_INT)
		(void)snprintf(more, sizeof(more),
			       " from %ld to %ld, without quotes%s%s%s", key->min,
			       key->max, key->word ? ", or \"" : "",
			       key->word ? key->word : "", key->word ? "\"" : "");
	return err_set(err, EINVAL, "'%s' takes %s%s", key->name, wanted[key->type],
		       more);
}

int key_store_bool(const struct key *key, bool value, struct wish *wish, struct err *err)
{
	if (key->type != KEY_TYPE_BOOL)
		return key_wrong_type(key, err);
	*(bool *)member(key, wish) = value;
	return 0;
}

int key_store_int(const struct key *key, long value, struct wish *wish, struct err *err)
{
	if (key->type != KEY_TYPE_INT)
		return key_wrong_type(key, err);
	if (value < key->min || value > key->max)
		return err_set(err, ERANGE, "'%s' is %ld, not within %ld and %ld",
			       key->name, value, key->min, key->max);
	*(int *)member(key, wish) = (int)value;
	return 0;
}

static int store_word(const struct key *key, const char *text, struct wish *wish,
		      struct err *err)
{
	int value = words_find(key->words, (int)key->max, text);
	char all[128];

	if (value >= 0) {
		*(int *)member(key, wish) = value;
		return 0;
	}
	list_words(key, all, sizeof(all));
	return err_set(err, EINVAL, "'%s' is '%s', not one of: %s", key->name, text, all);
}

static int store_plain_text(const struct key *key, const char *text, struct wish *wish,
			    struct err *err)
{
	if (strlen(text) >= (size_t)key->max)
		return err_set(err, ERANGE, "'%s' is longer than %ld characters",
			       key->name, key->max - 1);
	if (key->valid && !key->valid(text))
		return err_set(err, EINVAL, "'%s' has the wrong form: '%s' (it takes %s)",
			       key->name, text, key->form);
	memcpy(member(key, wish), text, strlen(text) + 1);
	return 0;
}

/* The form is that of the first, or of each. */
int key_store_texts(const struct key *key, const char *const *text, unsigned n,
		    struct wish *wish, struct err *err)
{
	struct text_list list = {.n = n};
	size_t at = 0;

	if (key->type != KEY_TYPE_TEXTS)
		return key_wrong_type(key, err);
	for (unsigned i = 0; i < (key->each ? n : n > 0) && key->valid; i++)
		if (!key->valid(text[i]))
			return err_set(err, EINVAL, "'%s' %s '%s' (it takes %s)",
				       key->name, key->each ? "has" : "begins with",
				       text[i], key->form);
	for (unsigned i = 0; i < n; i++) {
		size_t size = strlen(text[i]) + 1;

		if (size > sizeof(list.text) - at)
			return err_set(err, E2BIG, "'%s' is longer than %zu characters",
				       key->name, sizeof(list.text));
		memcpy(list.text + at, text[i], size);
		at += size;
	}
	*(struct text_list *)member(key, wish) = list;
	return 0;
}

static int store_list(const struct key *key, const char *text, struct wish *wish,
		      struct err *err)
{
	struct address_list list;
	struct bar_sizes sizes;
	struct reset_wish reset;
	int r = 0;

	if (key->type == KEY_TYPE_RESET)
		r = reset_wish_parse(text, &reset, err);
	else if (key->type == KEY_TYPE_BAR_SIZES)
		r = bar_sizes_parse(text, &sizes, err);
	else
		r = address_list_parse(text, &list, err);
	if (r < 0)
		return err_wrap(err, "'%s'", key->name);
	if (key->type == KEY_TYPE_RESET)
		*(struct reset_wish *)member(key, wish) = reset;
	else if (key->type == KEY_TYPE_BAR_SIZES)
		*(struct bar_sizes *)member(key, wish) = sizes;
	else
		*(struct address_list *)member(key, wish) = list;
	return 0;
}

bool key_takes_list(const struct key *key)
{
	return key->type == KEY_TYPE_ADDRESSES || key->type == KEY_TYPE_RESET ||
	       key->type == KEY_TYPE_BAR_SIZES;
}

int key_store_text(const struct key *key, const char *text, struct wish *wish,
		   struct err *err)
{
	switch (key->type) {
	case KEY_TYPE_INT:
		if (!key->word || strcmp(text, key->word) != 0)
			return key_wrong_type(key, err);
		*(int *)member(key, wish) = -1;
		return 0;
	case KEY_TYPE_BOOL:
		return key_wrong_type(key, err);
	case KEY_TYPE_WORD:
		return store_word(key, text, wish, err);
	case KEY_TYPE_TEXT:
		return store_plain_text(key, text, wish, err);
	case KEY_TYPE_TEXTS:
		return key_store_texts(key, &text, 1, wish, err);
	case KEY_TYPE_ADDRESSES:
	case KEY_TYPE_RESET:
	case KEY_TYPE_BAR_SIZES:
		return store_list(key, text, wish, err);
	}
	return -EINVAL;
}

int key_parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = {"0",  "1",	 "off",	  "on",
					    "no", "yes", "false", "true"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcasecmp(text, words[i])) {
			*ret = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

int key_store_property(const struct key *key, const char *text, struct wish *wish,
		       struct err *err)
{
	bool value;

	if (key->type != KEY_TYPE_BOOL)
		return key_store_text(key, text, wish, err);
	if (key_parse_bool(text, &value) < 0)
		return err_set(err, EINVAL, "'%s=%s' is neither 1 nor 0", key->name,
			       text);
	return key_store_bool(key, value, wish, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/address.h"

#include <errno.h>
#include <string.h>

static size_t hex_span(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && ((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
		i++;
	return i;
}

/* (DDDD+:)?BB:SS(.F)?, lower-case, in exactly @n characters of @s. */
static int address_parse(const char *s, size_t n, struct address *ret)
{
	size_t digits = hex_span(s, n), at = 0;
	bool domain = digits >= 4;

	if (domain) {
		if (digits >= n || s[digits] != ':')
			return -EINVAL;
		at = digits + 1;
	}
	if (hex_span(s + at, n - at) != 2 || at + 2 >= n || s[at + 2] != ':')
		return -EINVAL;
	at += 3;
	if (hex_span(s + at, n - at) != 2)
		return -EINVAL;
	at += 2;
	/* Proxmox's $ ends before a last newline; it stays in the text, no device has it.
	 */
	ret->whole_slot = at == n || !strcmp(s + at, "\n");
	if (!ret->whole_slot) {
		if (s[at] != '.' || n - at < 2 || !hex_span(s + at + 1, 1))
			return -EINVAL;
		at += 2;
		if (at != n && strcmp(s + at, "\n") != 0)
			return -EINVAL;
	}
	/* A domain too long for any device is well formed; the dots keep what is stored
	 * from naming one. */
	if ((size_t)snprintf(ret->text, sizeof(ret->text), "%s%.*s",
			     domain ? "" : "0000:", (int)(n < 24 ? n : 24),
			     s) >= sizeof(ret->text))
		memcpy(ret->text + sizeof(ret->text) - 4, "...", 4);
	return 0;
}

int address_list_parse(const char *text, struct address_list *ret, struct err *err)
{
	struct address_list list = {0};
	const char *s = text;

	for (;;) {
		size_t n = strcspn(s, ";");

		if (list.n == LIMIT_ADDRESSES)
			return err_set(err, E2BIG, "more than %d addresses",
				       LIMIT_ADDRESSES);
		if (address_parse(s, n, &list.item[list.n]) < 0)
			return err_set(
				err, EINVAL,
				"'%.*s' is no PCI address (like 01:00.0, 0000:01:00.0, "
				"or 01:00 for all functions; lower case)",
				(int)(n > 64 ? 64 : n), s);
		list.n++;
		if (!s[n])
			break;
		s += n + 1;
	}
	*ret = list;
	return 0;
}

bool address_list_has(const struct address_list *list, const struct bdf *bdf)
{
	char text[BDF_TEXT];
	size_t slot = strlen(bdf_format(bdf, text)) - strlen(".0");

	for (unsigned i = 0; i < list->n; i++) {
		const struct address *a = &list->item[i];

		if (!strcmp(a->text, text) || (a->whole_slot && strlen(a->text) == slot &&
					       !strncmp(a->text, text, slot)))
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/pf-name.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const char *const kinds[_PF_NAME_MAX] = {
	[PF_NAME_ADDRESS] = "",	      [PF_NAME_ID] = "id=",
	[PF_NAME_SERIAL] = "serial=", [PF_NAME_MAC] = "mac=",
	[PF_NAME_NETDEV] = "netdev=", [PF_NAME_SLOT] = "slot=",
};

/* @form: 'x' stands for a hexadecimal digit, anything else for itself. */
static bool has_form(const char *s, const char *form)
{
	for (; *form; s++, form++)
		if (*form == 'x' ? !isxdigit((unsigned char)*s) : *s != *form)
			return false;
	return !*s;
}

static bool valid(enum pf_name_kind kind, const char *s)
{
	switch (kind) {
	case PF_NAME_ID:
		return has_form(s, "xxxx:xxxx");
	case PF_NAME_MAC:
		return has_form(s, "xx:xx:xx:xx:xx:xx");
	case PF_NAME_SERIAL:
	case PF_NAME_NETDEV:
	case PF_NAME_SLOT:
		/* A slot's name, and an interface's, become part of a path. */
		return s[0] && !strchr(s, '/') && s[0] != '.';
	case PF_NAME_ADDRESS:
	case _PF_NAME_MAX:
		break;
	}
	return false;
}

static int parse_address(const char *text, struct bdf *ret)
{
	char full[BDF_TEXT + 8];

	if (bdf_parse(text, ret) == 0)
		return 0;
	if (strlen(text) != strlen("01:00.0"))
		return -EINVAL;
	(void)snprintf(full, sizeof(full), "0000:%s", text);
	return bdf_parse(full, ret);
}

int pf_name_parse(const char *text, struct pf_name *ret)
{
	struct pf_name name = {.kind = PF_NAME_ADDRESS};
	bool folds;

	for (int i = 1; i < _PF_NAME_MAX; i++)
		if (!strncmp(text, kinds[i], strlen(kinds[i])))
			name.kind = (enum pf_name_kind)i;
	text += strlen(kinds[name.kind]);
	if (name.kind == PF_NAME_ADDRESS) {
		if (parse_address(text, &name.bdf) < 0)
			return -EINVAL;
	} else if (!valid(name.kind, text) || strlen(text) >= sizeof(name.text)) {
		return -EINVAL;
	}
	/* Only names are what they are to the letter. */
	folds = name.kind != PF_NAME_NETDEV && name.kind != PF_NAME_SLOT;
	for (size_t i = 0; text[i] && i < sizeof(name.text) - 1; i++)
		name.text[i] = (char)(folds ? tolower((unsigned char)text[i]) : text[i]);
	*ret = name;
	return 0;
}

bool pf_name_equal(const struct pf_name *a, const struct pf_name *b)
{
	return a->kind == b->kind &&
	       (a->kind == PF_NAME_ADDRESS ? bdf_equal(&a->bdf, &b->bdf)
					   : !strcmp(a->text, b->text));
}

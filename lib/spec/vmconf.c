/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmconf.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/fileio.h"
#include "base/number.h"
#include "spec/propstring.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct reader {
	const char *file;
	unsigned line;
	struct spec *spec;
};

/* Proxmox drops what it cannot read and starts the VM without it. */
static void dropped(const struct reader *r, const struct err *why)
{
	if (!r->spec->rejected.code)
		(void)err_at(&r->spec->rejected, EINVAL, r->file, r->line, "%s",
			     why->msg);
	notes_add(&r->spec->notes,
		  "%s:%u: %s; Proxmox drops this line and starts the VM without "
		  "it: correct it, or set strict = true in the policy to make "
		  "such a start fail",
		  r->file, r->line, why->msg);
}

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

/* N of "hostpciN" as Proxmox counts: 0..15, no leading zero. -1: not one. */
static int slot_number(const char *key)
{
	const char *digits = key + strlen("hostpci");
	uint64_t n;

	if (strncmp(key, "hostpci", strlen("hostpci")) != 0 ||
	    number_parse(digits, LIMIT_SLOTS - 1, &n) < 0 ||
	    (digits[0] == '0' && digits[1]))
		return -1;
	return (int)n;
}

/* Proxmox keeps the last of several, without a word. */
static void overridden(const struct reader *r, unsigned n)
{
	const struct slot *old = &r->spec->slot[n];

	if (!r->spec->rejected.code)
		(void)err_at(&r->spec->rejected, EINVAL, r->file, old->line,
			     "hostpci%u stands again in line %u, which wins", n, r->line);
	notes_add(&r->spec->notes,
		  "%s:%u: hostpci%u stands again in line %u, which wins: the guest does "
		  "not get what this line names; remove one of the two (strict = true in "
		  "the policy makes such a start fail)",
		  r->file, old->line, n, r->line);
}

/* What does not fit into ours fits into Proxmox's, and would be given unseen. */
static int store_slot(const struct reader *r, unsigned n, const char *value,
		      struct err *err)
{
	struct slot *slot = &r->spec->slot[n];
	struct wish wish;
	struct err why;
	int ret = propstring_parse(value, &wish, &why);

	if (ret < 0 && ret != -EINVAL)
		return err_at(err, -ret, r->file, r->line, "hostpci%u: %s", n, why.msg);
	if (ret < 0) {
		(void)err_wrap(&why, "hostpci%u", n);
		dropped(r, &why);
		return 0;
	}
	if (slot->present)
		overridden(r, n);
	slot->present = true;
	slot->wish = wish;
	slot->line = r->line;
	copy(slot->file, sizeof(slot->file), r->file);
	return 0;
}

static int store_line(const struct reader *r, const char *key, const char *value,
		      struct err *err)
{
	int n = slot_number(key);
	struct err why;

	if (n >= 0) {
		return store_slot(r, (unsigned)n, value, err);
	} else if (!strncmp(key, "hostpci", strlen("hostpci"))) {
		(void)err_set(
			&why, EINVAL,
			"'%s': there are hostpci0 to hostpci%d, without leading zeros",
			key, LIMIT_SLOTS - 1);
		dropped(r, &why);
	} else if (!strcmp(key, "args")) {
		r->spec->args_vfio = strstr(value, "vfio") != NULL;
	} else if (machine_store(&r->spec->machine, key, value, &why) < 0) {
		notes_add(&r->spec->notes,
			  "%s:%u: %s; Proxmox drops this line: correct or remove it",
			  r->file, r->line, why.msg);
	}
	return 0;
}

/* Splits "key: value" in place, as Proxmox's /^([a-z][a-z_\d]*):\s*(.+?)\s*$/: a value
 * of nothing but blanks is the last of them. */
static bool split(char *line, char **ret_value)
{
	size_t n = islower((unsigned char)line[0])
			   ? strspn(line, "abcdefghijklmnopqrstuvwxyz_0123456789")
			   : 0;
	size_t end;
	char *value;

	if (!n || line[n] != ':')
		return false;
	line[n] = '\0';
	value = line + n + 1;
	end = strlen(value);
	if (!end)
		return false;
	*ret_value = value + end - 1;
	value += strspn(value, " \t\r\v\f");
	if (!*value)
		return true;
	for (end = strlen(value); isspace((unsigned char)value[end - 1]); end--)
		value[end - 1] = '\0';
	*ret_value = value;
	return true;
}

/* "[snap1]", "[PENDING]" and others, blanks after it allowed: what follows is not the
 * machine's current configuration. */
static bool is_section(const char *line)
{
	const char *end = line[0] == '[' ? strchr(line, ']') : NULL;

	return end && !end[1 + strspn(end + 1, " \t\r\v\f")];
}

/* An editor's mark, which no reader of Proxmox knows: the line is none to it. */
static int store_marked(const struct reader *r, char *line)
{
	struct err why;
	char *value;

	if (!split(line, &value))
		return 0; /* nothing, or a comment */
	(void)err_set(&why, EINVAL,
		      "a byte order mark stands before '%.60s:', which nobody sees: save "
		      "the file without it",
		      line);
	dropped(r, &why);
	return 0;
}

static int parse_line(const struct reader *r, char *line, struct err *err)
{
	struct err why;
	char *value;

	if (line[0] == '#' || !line[strspn(line, " \t\r\v\f")])
		return 0;
	if (split(line, &value))
		return store_line(r, line, value, err);
	if (r->line == 1 && !strncmp(line, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
		return store_marked(r, line + strlen(BYTE_ORDER_MARK));
	if (strncasecmp(line + strspn(line, " \t"), "hostpci", strlen("hostpci")) != 0)
		return 0; /* somebody else's line */
	(void)err_set(&why, EINVAL, "'%.60s' is not of the form 'hostpciN: VALUE'", line);
	dropped(r, &why);
	return 0;
}

int vmconf_parse(char *text, size_t size, const char *file, struct spec *spec,
		 struct err *err)
{
	struct reader reader = {.file = file, .spec = spec};
	char *rest = text;
	int ret = 0;

	if (file_check_text(text, size, file, err) < 0)
		return -EINVAL;
	while (rest && ret == 0) {
		char *line = strsep(&rest, "\n");

		reader.line++;
		if (is_section(line))
			break;
		ret = parse_line(&reader, line, err);
	}
	return ret;
}
